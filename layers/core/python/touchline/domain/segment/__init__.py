"""What Segment's libraries send, read as events: who did what, where, for how much."""
