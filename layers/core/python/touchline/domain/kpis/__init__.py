"""Key figures: each with its definition, what it is made of, and what is missing for it."""
