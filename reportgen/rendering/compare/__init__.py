"""Pages about several runs: what changed from one to another, and their history."""
