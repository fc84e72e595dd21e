"""Models: loading and testing them, finding their parts, recording what they compute."""
