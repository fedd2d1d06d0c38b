"""``python -m activations`` is the command ``activations``."""

import sys

from activations.cli import main

if __name__ == "__main__":
    sys.exit(main())
