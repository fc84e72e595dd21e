"""The sections of a run's page that are about all inputs together."""
