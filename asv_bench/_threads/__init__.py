"""What `python -m asv_bench.threads` measures: a module per part, each with `measure(options)` and `told(found)`."""

PARTS = ("sizes", "busy", "pools", "memory")
