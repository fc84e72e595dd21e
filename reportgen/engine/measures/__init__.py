"""Measures of the explanations themselves."""
