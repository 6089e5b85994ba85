"""Events as arrays: a file of columns for each day of the archive, read through a cache on this machine."""
