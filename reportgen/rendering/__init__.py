"""Pages from stored results: view models, colours, charts and HTML. Nothing here needs torch."""
