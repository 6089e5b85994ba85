"""Batches of the archive become files by tenant and day, hourly: plan → compact_day (for each tenant) → clean_up."""
