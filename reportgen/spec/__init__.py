"""The spec: what a user writes in ``audit.yaml``, as typed models."""
