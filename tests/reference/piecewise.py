"""True values of the piecewise functions."""

REFERENCE = {}
