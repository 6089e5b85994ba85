"""One construct per capability; each reads top to bottom as its data flows."""
