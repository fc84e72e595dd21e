"""Models: loading and checking them, finding their parts, recording what they compute."""
