"""Waves: periodic functions and what is made of them."""

DECLARATIONS = ()
