"""Stored results: plain data, files and tables. Nothing here needs torch."""
