"""Benchmarks that asv runs; every function of the catalogue is enrolled in each by itself.

asv takes them from the working tree and runs them with the library of each commit, however old. It names a case by its
place in the list of parameters, so that no such list may depend on the library: a place would mean another function in
another commit. What a commit lacks, setup refuses with NotImplementedError, which asv shows as not available.

`ACTIVATIONS_BENCH_SIZES=16,65536` restricts the sizes, `ACTIVATIONS_BENCH_FUNCTIONS=relu,softmax` the functions, and
`ACTIVATIONS_BENCH_SAMPLES=16` the samples of errors, for a quick look.
"""
