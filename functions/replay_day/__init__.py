"""A day is indexed again from the archive: plan → replay_part (for each part)."""
