"""Work on whole lists of leads: matching, survivors, values, hashes of addresses, classes of their domains."""
