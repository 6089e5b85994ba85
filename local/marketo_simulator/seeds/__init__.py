"""What an instance is seeded with: people of many cultures, the leads they left, lists and programs."""
