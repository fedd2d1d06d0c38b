"""A small multilayer perceptron in plain NumPy, written to be read.

One class, four steps: matrix products and an activation forward, the chain rule backward, a step downhill,
repeat. Every activation comes from this library and is called in two ways only: ``f(x)`` and ``f.backward(dy,
x)``.
"""

import time
from itertools import pairwise

import numpy as np

from activations import get


class Network:
    """Dense layers with the same activation after each but the last.

    Parameters
    ----------
    sizes : sequence of int
        Inputs, units of each hidden layer, classes.
    activation : Activation
        An elementwise activation, or maxout: its layers compute ``pieces`` sums for each unit and keep the
        largest.
    rng : numpy.random.Generator
        Draws the weights, with variance 1 / inputs, whatever the activation; biases start at 0.
    """

    def __init__(self, sizes, activation, rng, dtype=np.float32):
        self.activation, self.log_softmax = activation, get("log_softmax")
        pieces = activation.parameters["pieces"] if activation.name == "maxout" else 1
        self.weights, self.biases = [], []
        for inputs, units in pairwise(sizes):
            sums = units if len(self.weights) == len(sizes) - 2 else units * pieces
            self.weights.append((rng.standard_normal((inputs, sums)) / np.sqrt(inputs)).astype(dtype))
            self.biases.append(np.zeros(sums, dtype))
        self.seconds = {"forward": [], "backward": []}

    def forward(self, x):
        """The logits of a batch. What the layers saw is kept for `backward`: their inputs and their sums."""
        self.inputs, self.sums = [x], []
        for weights, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            self.sums.append(self.inputs[-1] @ weights + bias)
            self.inputs.append(self._timed("forward", self.activation, self.sums[-1]))
        return self.inputs[-1] @ self.weights[-1] + self.biases[-1]

    def backward(self, dlogits):
        """The gradients of all weights and of all biases, given the loss's gradient at the logits."""
        dweights, dbiases = [], []
        dsums = dlogits
        for layer in reversed(range(len(self.weights))):
            dweights.append(self.inputs[layer].T @ dsums)
            dbiases.append(dsums.sum(axis=0))
            if layer:
                doutputs = dsums @ self.weights[layer].T
                dsums = self._timed("backward", self.activation.backward, doutputs, self.sums[layer - 1])
        return dweights[::-1], dbiases[::-1]

    def gradients(self, x, labels):
        """The mean cross-entropy of a batch and its gradients."""
        logits = self.forward(x)
        likelihoods = self.log_softmax(logits)
        rows = np.arange(len(labels))
        dlikelihoods = np.zeros_like(logits)
        dlikelihoods[rows, labels] = -1 / len(labels)
        loss = -likelihoods[rows, labels].mean()
        return loss, *self.backward(self.log_softmax.backward(dlikelihoods, logits))

    def train_epoch(self, x, labels, rng, *, batch, rate):
        """Stochastic gradient descent, once through the data in random order; returns the mean loss."""
        losses = []
        for rows in np.array_split(rng.permutation(len(x)), max(1, len(x) // batch)):
            loss, dweights, dbiases = self.gradients(x[rows], labels[rows])
            losses.append(loss)
            for parameters, slopes in ((self.weights, dweights), (self.biases, dbiases)):
                for parameter, slope in zip(parameters, slopes, strict=True):
                    parameter -= rate * slope
        return float(np.mean(losses))

    def accuracy(self, x, labels):
        """The share of rows whose largest logit stands at their label."""
        return float(np.mean(self.forward(x).argmax(axis=1) == labels))

    def _timed(self, what, function, *arrays):
        start = time.perf_counter()
        result = function(*arrays)
        self.seconds[what].append((time.perf_counter() - start) / arrays[-1].size)
        return result
