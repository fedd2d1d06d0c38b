"""Benchmarks: `peers` compares with other libraries, `benchmarks/` is tracked by asv."""
