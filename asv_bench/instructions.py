"""Instructions per element of every kernel: ``python -m asv_bench.instructions``. They are counted in `counting`."""

import sys

from .benchmarks.counting import main

if __name__ == "__main__":
    sys.exit(main())
