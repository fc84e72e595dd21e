"""What holds over the inputs of a model together: performance, slices, and what is weak."""
