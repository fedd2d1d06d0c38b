"""
Four sayings about ReLU, checked
================================

Four sentences that introductions to ReLU repeat, and that the function itself refutes.

ReLU is :math:`\\max(0, x)`, and it is said:

1. "The slope of ReLU's output rises with the input." The *output* rises; its slope is 1 at every positive input, small
   or large. A slope that rises is that of softplus, or of the squared ReLU [1]_.
2. "ReLU returns 1 for a positive input." It returns the input. What returns 1 is its *derivative*, and the step
   function of the perceptron [2]_.
3. "Gradients accumulate and explode because of ReLU." Its backward pass sets some elements of the gradient to zero and
   leaves the others as they are: what comes out is never longer than what went in. The weights make gradients explode:
   see :ref:`sphx_glr_generated_gallery_plot_exploding_gradient.py`.
4. "ReLU can only be used in hidden layers." Any layer may have it where its range, zero and above, suits what is
   wanted: see :ref:`sphx_glr_generated_gallery_plot_output_layer.py`.
"""

import matplotlib.pyplot as plt
import numpy as np

from activations import get

RELU, STEP = "relu", "binary_step"
RISING = ("softplus", "squared_relu")

x = np.linspace(0.01, 10, 1000)


def measure():
    """Values and slopes at positive inputs, and how long a gradient is behind relu relative to before."""
    relu, rng = get(RELU), np.random.default_rng(0)
    dy, z = rng.standard_normal((2, 1000, 64))
    return {
        "values": relu(x),
        "slopes": relu.derivative(x),
        "step": get(STEP)(x),
        "rising": {name: get(name).derivative(x) for name in RISING},
        "lengths": np.linalg.norm(relu.backward(dy, z), axis=1) / np.linalg.norm(dy, axis=1),
    }


def claims(found):
    """What this page says, and whether the figures bear it out."""
    said = {
        "relu's output rises with the input": np.all(np.diff(found["values"]) > 0),
        "its slope does not": np.ptp(found["slopes"]) == 0,
        "relu returns the input": np.array_equal(found["values"], x),
        "its derivative returns 1": np.all(found["slopes"] == 1),
        "and so does the step function": np.all(found["step"] == 1),
        "no gradient is longer behind relu than before": found["lengths"].max() <= 1,
        "most lose about a third of their length": 0.6 < np.median(found["lengths"]) < 0.8,
    }
    return said | {f"the slope of {name} rises": np.all(np.diff(s) > 0) for name, s in found["rising"].items()}


figures = measure()
for claim, holds in claims(figures).items():
    assert holds, claim
    print(claim)

# %%
# A third, because about half of the elements are lost, and with them half of the square of the length.

fig, (values, slopes, lengths) = plt.subplots(1, 3, figsize=(9, 3.6), layout="constrained")
t = np.linspace(-2, 3, 501)
for name in (RELU, STEP, *RISING):
    values.plot(t, get(name)(t), label=name)
    slopes.plot(t, get(name).derivative(t))
values.set(title="value", xlabel="x", ylim=(-0.2, 3.2))
slopes.set(title="slope", xlabel="x", ylim=(-0.2, 3.2))
lengths.hist(figures["lengths"], bins=30, range=(0, 1.1))
lengths.axvline(1, color="0.4", linestyle="--", linewidth=1)
lengths.set(title="length of the gradient behind relu\nrelative to before", xlabel="ratio", ylabel="gradients")
fig.legend(*values.get_legend_handles_labels(), loc="outside lower center", ncols=4)
plt.show()

# %%
# References
# ----------
# .. [1] Primer: searching for efficient transformers for language modeling. D. R. So, W. Mańke, H. Liu, Z. Dai, N.
#    Shazeer and Q. V. Le, NeurIPS 2021.
# .. [2] The perceptron: a probabilistic model for information storage and organization in the brain. F. Rosenblatt,
#    Psychological Review 65(6), 1958.
