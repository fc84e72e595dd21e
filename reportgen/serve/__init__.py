"""A report on this machine only, which is built again when its files change."""
