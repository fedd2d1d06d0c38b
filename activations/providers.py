"""What to say of a name that is not there: which plugin offers it, or what to write in its place.

The names are written as `activations.get` compares them: no capitals, hyphens or underscores.
"""

# How to install what offers it. Authors of plugins may ask for a line of their own.
PROVIDERS = {
    "penalizedtanh": "pip install ./examples/activations-penalized-tanh in a clone of numpy-activations",
    "sinlu": "pip install ./examples/activations-sinlu in a clone of numpy-activations",
    "smish": 'pip install "cython>=3.1" "setuptools>=77" && '
    "pip install --no-build-isolation ./examples/activations-smish in a clone of numpy-activations",
}

KERAS_RELU = (
    "Write 'relu', or for its arguments clipped_relu(max_value=), leaky_relu(negative_slope=) or threshold(threshold=)"
)

# Names that mean several things, or one that no parameters of ours make; what is written for each of the meanings.
MEANINGS = {
    "eswish": "Write b * silu(x) for b x sigmoid(x), swish(x, beta=b) for x sigmoid(b x)",
    "gauss": "'gaussian' is exp(-x^2), 'neat.gauss' exp(-5 x^2)",
    "gelusigmoid": "'nntrainer.gelu_sigmoid' is quick_gelu, 'flux.gelu_sigmoid' gelu_tanh",
    "imq": "'inverse_multiquadric' is 1 / sqrt(x^2 + a^2), 'inverse_quadratic' 1 / (1 + x^2 / a^2)",
    "keras.relu": KERAS_RELU,
    "keras.layers.relu": KERAS_RELU,
    "lelu": "'neat.lelu' is leaky_relu with a slope of 0.005",
    "neat.sigmoid": "It is sigmoid(5 * x)",
    "onnx.selu": "'selu' is, but for the constants, which ONNX rounds to float32 and which are exact here",
}
