"""The path from a baseline to the input: its nodes, its integral, and what shares a sweep."""
