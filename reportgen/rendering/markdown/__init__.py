"""Markdown for comments, summaries and model cards."""
