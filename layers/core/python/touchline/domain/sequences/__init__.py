"""Questions about the order in which people did things: pure functions over arrays of events."""
