"""Known plugins: what to install for a name that is not there. Authors may ask for a line of their own.

A line is a name as `activations.get` compares it (no capitals, hyphens or underscores) and how to install what offers
it.
"""

PROVIDERS = {
    "penalizedtanh": "pip install ./examples/activations-penalized-tanh in a clone of numpy-activations",
    "sinlu": "pip install ./examples/activations-sinlu in a clone of numpy-activations",
    "smish": "pip install ./examples/activations-smish in a clone of numpy-activations",
}
