"""Retention, merging and closing of past days, daily."""
