"""What the last layer of a classifier reads of its training examples, and what that says."""
