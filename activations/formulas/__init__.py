"""The mathematics: scalar functions over a fused type, for Cython to inline; a file per family of the catalogue."""
