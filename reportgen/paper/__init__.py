"""From pages to a PDF, which an installed Chromium prints."""
