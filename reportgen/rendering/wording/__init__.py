"""All that is written about results: numbers, sentences, outcomes."""
