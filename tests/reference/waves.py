"""True values of the waves functions."""

REFERENCE = {}
