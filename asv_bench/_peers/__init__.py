"""What `python -m asv_bench.peers` compares: one module per peer, all with the same two names.

`version` is the peer's version and `contenders(case)` yields a `Contender` for every way in which
the peer can do the case. A peer that cannot be imported is reported as missing.
"""

PEERS = ("numpy", "scipy", "numexpr", "numba", "torch", "jax", "onnxruntime", "thinc")
