"""Two runs, or two models of one, side by side."""
