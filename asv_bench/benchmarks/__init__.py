"""Benchmarks that asv runs; every registered function is enrolled in each by itself.

`ACTIVATIONS_BENCH_SIZES=16,65536` restricts the sizes, for a quick look.
"""
