"""A goal's past: plan → attribute_part (for each part of all people) → finish."""
