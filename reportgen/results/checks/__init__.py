"""The spec's checks, judged from stored results."""
