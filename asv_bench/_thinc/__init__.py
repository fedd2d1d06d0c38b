"""Networks of thinc and spaCy for ``asv_bench.thinc_networks``."""
