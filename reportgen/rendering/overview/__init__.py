"""The first page of a run: what was found, over all inputs."""
