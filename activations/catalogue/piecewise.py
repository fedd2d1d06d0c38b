"""Piecewise functions: clipped lines, shrinkage, steps and low powers."""

DECLARATIONS = ()
