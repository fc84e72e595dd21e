"""Where jobs run. Every executor takes the same jobs and writes the same result files."""
