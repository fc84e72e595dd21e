"""The page of one input: its sections, in the order in which they are read."""
