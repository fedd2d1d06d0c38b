"""thinc's and spaCy's networks with this library's activations: ``thinc.api.use_ops("activations")``. Extra ``thinc``.

`ActivationsOps` is published in thinc's entry-point group ``thinc_ops``. thinc loads every member of that group when
any backend is asked for by name: so nothing is computed here at import, and no kernel is loaded before the first call.
"""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np

import activations
from activations import ufuncs
from activations.arrays import NARROW_PIECES, float_for, outside

try:
    from thinc.api import get_ops, set_current_ops
    from thinc.backends import NumpyOps
except ImportError as error:
    _absent = (error.name or "thinc").partition(".")[0]
    raise ImportError(
        f'activations.thinc needs {_absent}: pip install "numpy-activations[thinc]"', name=_absent
    ) from error

__all__ = ["ActivationsOps", "use_in_spacy"]

# Elements of the mean sequence below which all sequences are handled at once.
_SHORT = 64


class ActivationsOps(NumpyOps):
    """thinc's NumPy backend with the activations, maxout and softmax of this library, forward and backprop.

    A user does not make one but asks for it by name, ``thinc.api.use_ops("activations")``, around the code that builds
    or loads a model: a thinc model keeps the backend that was current when it was made.

    Everything else (gemm, seq2col, hashing, reductions, the optimiser) is `thinc.backends.NumpyOps`. Methods have
    thinc's names, arguments and defaults. float16, float32 and float64 come back in the same type, arrays need not be
    contiguous or writable, and an empty batch gives an empty result. NaN goes through: a unit that saw one has the
    output NaN, and elementwise the gradient NaN; maxout's `which` points at the first. ``inplace=True`` writes to the
    array that thinc's methods write to: the input forward, `dY` backward, and `Y` in `backprop_sigmoid`, `dsigmoid` and
    `dtanh`.

    Parameters
    ----------
    device_type, device_id, use_blis
        As for `thinc.backends.NumpyOps`.

    Examples
    --------
    >>> import numpy as np
    >>> from thinc.api import get_ops
    >>> ops = get_ops("activations")
    >>> best, which = ops.maxout(np.array([[[1, 5, 2], [0, np.nan, 3]]], dtype="float32"))
    >>> best, which
    (array([[ 5., nan]], dtype=float32), array([[1, 1]], dtype=int32))
    >>> ops.backprop_maxout(np.array([[10, 20]], dtype="float32"), which, 3)
    array([[[ 0., 10.,  0.],
            [ 0., 20.,  0.]]], dtype=float32)
    """

    name = "activations"

    # Maxout and softmax

    def maxout(self, X):
        """The largest piece of each unit, and which it is.

        Parameters
        ----------
        X : ndarray of shape (batch, units, pieces)

        Returns
        -------
        best : ndarray of shape (batch, units)
            Of the dtype of `X`.
        which : ndarray of shape (batch, units), int32
            Ties go to the first piece; the first NaN wins.

        Raises
        ------
        ValueError
            If `X` has not three dimensions, or holds no pieces.
        """
        X = np.asarray(X)
        if X.ndim != 3 or not X.shape[2]:
            raise ValueError(f"maxout takes an array of shape (batch, units, pieces), not {X.shape}")
        best, which = _maxout("with_argmax" if X.shape[2] <= NARROW_PIECES else "with_wide_argmax")(X)
        return best, which.astype(np.int32)

    def backprop_maxout(self, dY, which, P):
        """The gradient of maxout's input: each unit's goes to the piece that won.

        Parameters
        ----------
        dY : ndarray of shape (batch, units)
        which : ndarray of shape (batch, units), integers
            What `maxout` returned.
        P : int
            Pieces.

        Returns
        -------
        ndarray of shape (batch, units, P)
            Of the dtype of `dY`.

        Raises
        ------
        IndexError
            If a number in `which` is not from 0 to ``P - 1``.
        ValueError
            If the shapes of `dY` and `which` differ.
        TypeError
            If `which` does not hold integers.
        """
        dY, which = np.asarray(dY), np.asarray(which)
        if which.dtype.kind not in "iu":
            raise TypeError(f"which holds the numbers of pieces, integers; its dtype is {which.dtype}")
        if which.shape != dY.shape:
            raise ValueError(f"dY has shape {dY.shape} and which has shape {which.shape}; they must be equal")
        if wrong := outside(which, P):
            raise IndexError(wrong)
        dX = np.empty((*dY.shape, P), float_for(dY.dtype))
        if P <= NARROW_PIECES:
            return _maxout("backward_from_argmax")(dY, which.astype(np.uint8), dX)
        return _maxout("backward_from_wide_argmax")(dY, which.astype(np.intp), dX)

    def softmax(self, x, *, inplace=False, axis=-1, temperature=1.0):
        """``exp(x / temperature)``, normalised along `axis`."""
        return _bound(_softmax, temperature)(x, out=x if inplace else None, axis=axis)

    def backprop_softmax(self, Y, dY, *, axis=-1, temperature=1.0):
        """The gradient of softmax's input from its output `Y`."""
        return _bound(_softmax, temperature).backward(dY, None, y=Y, axis=axis)

    def softmax_sequences(self, Xs, lengths, *, inplace=False, axis=-1):
        """Softmax of each column of each of the sequences that lie below each other in `Xs`.

        Parameters
        ----------
        Xs : ndarray of shape (rows, columns)
        lengths : ndarray of int
            How many rows each sequence has.
        inplace : bool
        axis : int
            Has no meaning, as in thinc.

        Raises
        ------
        NotImplementedError
            If `Xs` has not two dimensions.
        ValueError
            If a length is negative.
        IndexError
            If the lengths do not sum up to the number of rows.
        """
        Xs = np.asarray(Xs)
        lengths, starts = _sequences(lengths, Xs)
        Y = Xs if inplace else np.empty(Xs.shape, float_for(Xs.dtype))
        if _are_short(Xs, starts):
            largest = np.maximum.reduceat(Xs, starts, axis=0)
            if np.isfinite(largest).all():
                with np.errstate(all="ignore"):
                    np.subtract(Xs, np.repeat(largest, lengths, axis=0), out=Y)
                    activations.exponential(Y, out=Y)
                    Y /= np.repeat(np.add.reduceat(Y, starts, axis=0), lengths, axis=0)
                return Y
        for start, end in zip(starts.tolist(), (starts + lengths).tolist(), strict=True):
            activations.softmax(Xs[start:end], out=Y[start:end], axis=0)
        return Y

    def backprop_softmax_sequences(self, dY, Y, lengths):
        """The gradient of the input of `softmax_sequences` from its output `Y`."""
        dY, Y = np.asarray(dY), np.asarray(Y)
        if dY.shape != Y.shape:
            raise ValueError(f"dY has shape {dY.shape} and Y has shape {Y.shape}; they must be equal")
        lengths, starts = _sequences(lengths, Y)
        if _are_short(Y, starts):
            with np.errstate(all="ignore"):
                dX = Y * dY
                dX -= Y * np.repeat(np.add.reduceat(dX, starts, axis=0), lengths, axis=0)
            return dX
        dX = np.empty(Y.shape, float_for(np.result_type(dY, Y)))
        for start, end in zip(starts.tolist(), (starts + lengths).tolist(), strict=True):
            activations.softmax.backward(dY[start:end], None, y=Y[start:end], out=dX[start:end], axis=0)
        return dX

    # Straight lines

    def relu(self, X, inplace=False):
        """max(X, 0)."""
        return activations.relu(X, out=X if inplace else None)

    def backprop_relu(self, dY, Y, inplace=False):
        """The gradient of relu's input from its output `Y`."""
        return activations.relu.backward(dY, None, y=Y, out=dY if inplace else None)

    def clipped_linear(self, X, slope=1.0, offset=0.0, min_val=0.0, max_val=1.0, inplace=False):
        """``slope * X + offset``, held between `min_val` and `max_val`."""
        return _bound(_clipped_linear, slope, offset, min_val, max_val)(X, out=X if inplace else None)

    def backprop_clipped_linear(self, dY, X, slope=1.0, offset=0.0, min_val=0.0, max_val=1.0, inplace=False):
        """The gradient of clipped_linear's input."""
        f = _bound(_clipped_linear, slope, offset, min_val, max_val)
        return f.backward(dY, X, out=dY if inplace else None)

    def relu_k(self, X, n=6.0, inplace=False):
        """relu, held at `n`."""
        return self.clipped_linear(X, max_val=n, inplace=inplace)

    def backprop_relu_k(self, dY, X, n=6.0, inplace=False):
        """The gradient of relu_k's input."""
        return self.backprop_clipped_linear(dY, X, max_val=n, inplace=inplace)

    def hard_sigmoid(self, X, inplace=False):
        """``0.2 * X + 0.5``, held between 0 and 1."""
        return self.clipped_linear(X, slope=0.2, offset=0.5, inplace=inplace)

    def backprop_hard_sigmoid(self, dY, X, inplace=False):
        """The gradient of hard_sigmoid's input."""
        return self.backprop_clipped_linear(dY, X, slope=0.2, offset=0.5, inplace=inplace)

    def hard_tanh(self, X, inplace=False):
        """X, held between -1 and 1."""
        return self.clipped_linear(X, min_val=-1.0, inplace=inplace)

    def backprop_hard_tanh(self, dY, X, inplace=False):
        """The gradient of hard_tanh's input."""
        return self.backprop_clipped_linear(dY, X, min_val=-1.0, inplace=inplace)

    def hard_swish(self, X, inplace=False):
        """``X * hard_sigmoid(X)``, with the slope 0.2."""
        return _named("thinc.hard_swish")(X, out=X if inplace else None)

    def backprop_hard_swish(self, dY, X, inplace=False):
        """The gradient of hard_swish's input; at the edges -2.5 and 2.5 that of the lines outside."""
        return _named("thinc.hard_swish").backward(dY, X, out=dY if inplace else None)

    def hard_swish_mobilenet(self, X, inplace=False):
        """``X * relu6(X + 3) / 6``."""
        return _named("thinc.hard_swish_mobilenet")(X, out=X if inplace else None)

    def backprop_hard_swish_mobilenet(self, dY, X, inplace=False):
        """The gradient of hard_swish_mobilenet's input; at the edges -3 and 3 that of the lines outside."""
        return _named("thinc.hard_swish_mobilenet").backward(dY, X, out=dY if inplace else None)

    # Smooth curves

    def sigmoid(self, X, *, inplace=False):
        """``1 / (1 + exp(-X))``, to the last bit however far out."""
        return activations.sigmoid(X, out=X if inplace else None)

    def backprop_sigmoid(self, dY, Y, *, inplace=False):
        """The gradient of sigmoid's input from its output `Y`."""
        return activations.sigmoid.backward(dY, None, y=Y, out=Y if inplace else None)

    def dsigmoid(self, Y, *, inplace=False):
        """``Y * (1 - Y)``: the slope of sigmoid where its output is `Y`."""
        return _slope_from_output("sigmoid")(1.0, Y, out=Y if inplace else None)

    def dtanh(self, Y, *, inplace=False):
        """``1 - Y**2``: the slope of tanh where its output is `Y`."""
        return _slope_from_output("tanh")(1.0, Y, out=Y if inplace else None)

    def swish(self, X, inplace=False):
        """``X * sigmoid(X)``."""
        return activations.silu(X, out=X if inplace else None)

    def backprop_swish(self, dY, X, Y, inplace=False):
        """The gradient of swish's input; the output `Y` is not needed, and only its shape looked at."""
        if np.shape(Y) != np.shape(X):
            raise ValueError(f"X has shape {np.shape(X)} and Y has shape {np.shape(Y)}; they must be equal")
        return activations.silu.backward(dY, X, out=dY if inplace else None)

    def gelu(self, X, inplace=False):
        """X times the normal distribution function."""
        return activations.gelu(X, out=X if inplace else None)

    def backprop_gelu(self, dY, X, inplace=False):
        """The gradient of gelu's input."""
        return activations.gelu.backward(dY, X, out=dY if inplace else None)

    def gelu_approx(self, X, inplace=False):
        """gelu by the hyperbolic tangent."""
        return activations.gelu_tanh(X, out=X if inplace else None)

    def backprop_gelu_approx(self, dY, X, inplace=False):
        """The gradient of gelu_approx's input."""
        return activations.gelu_tanh.backward(dY, X, out=dY if inplace else None)

    def mish(self, X, threshold=20.0, inplace=False):
        """``X * tanh(log(1 + exp(X)))``; it holds at any `X`, so `threshold` is not needed and not looked at."""
        return activations.mish(X, out=X if inplace else None)

    def backprop_mish(self, dY, X, threshold=20.0, inplace=False):
        """The gradient of mish's input; `threshold` is not looked at."""
        return activations.mish.backward(dY, X, out=dY if inplace else None)

    def dish(self, X, inplace=False):
        """``X / 2 * (1 + X / sqrt(1 + X**2))``."""
        return activations.dish(X, out=X if inplace else None)

    def backprop_dish(self, dY, X, inplace=False):
        """The gradient of dish's input."""
        return activations.dish.backward(dY, X, out=dY if inplace else None)

    def erf(self, X):
        """The error function."""
        return activations.erf(X)

    def sechsq(self, X):
        """The square of the hyperbolic secant, which is the slope of tanh."""
        return activations.tanh.derivative(X)


def use_in_spacy(use_blis: bool = True):
    """A callback for spaCy's config that makes a pipeline's models with `ActivationsOps`.

    It is published in spaCy's entry-point group ``spacy_callbacks`` as ``activations.use_ops.v1``, for
    ``[nlp.before_creation]``: ``spacy train`` sets the backend to thinc's own before it builds the pipeline, so that
    nothing outside the config could choose another.

    Parameters
    ----------
    use_blis : bool
        Whether matrix products are BLIS's, as by default in thinc, or NumPy's.

    Returns
    -------
    callable
        ``callback(language_class)``, which makes `ActivationsOps` the current backend and gives the class back.
    """

    def before_creation(language):
        set_current_ops(get_ops(ActivationsOps.name, use_blis=use_blis))
        return language

    return before_creation


@cache
def _maxout(name: str):
    """One pass of maxout as a ufunc, which takes the pieces as an axis of their own, as thinc has them."""
    return ufuncs.BUILTINS.folding("maxout", name)


@cache
def _slope_from_output(stem: str):
    """The backward pass from the output as a ufunc: other than the activation's method, it broadcasts dY."""
    return ufuncs.BUILTINS.elementwise(stem, "backward_from_output")


@cache
def _named(name: str):
    return activations.get(name)


def _bound(make, *parameters):
    """What `make` keeps for these parameters: arrays, which thinc takes as well, are made one number, or bound anew."""
    parameters = [p.item() if isinstance(p, np.ndarray) and p.size == 1 else p for p in parameters]
    return (make.__wrapped__ if any(isinstance(p, np.ndarray) for p in parameters) else make)(*parameters)


@lru_cache(maxsize=256)
def _softmax(temperature: float):
    return activations.get("softmax", temperature=temperature)


@lru_cache(maxsize=256)
def _clipped_linear(slope: float, offset: float, min_val: float, max_val: float):
    return activations.get("clipped_linear", slope=slope, offset=offset, min_val=min_val, max_val=max_val)


def _sequences(lengths, Xs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The lengths of the sequences that have rows, and where they start."""
    if Xs.ndim != 2:
        raise NotImplementedError(f"softmax of sequences takes an array of two dimensions, not {Xs.ndim}")
    lengths = np.asarray(lengths)
    if lengths.min(initial=0) < 0:
        raise ValueError(f"all sequence lengths must be >= 0, and one is {lengths.min()}")
    if lengths.sum() != len(Xs):
        raise IndexError(f"the lengths sum up to {lengths.sum()}, and there are {len(Xs)} rows")
    lengths = lengths[lengths > 0].astype(np.intp)
    return lengths, np.cumsum(lengths) - lengths


def _are_short(Xs: np.ndarray, starts: np.ndarray) -> bool:
    """Whether a call for each sequence would take longer than its work."""
    return Xs.size < _SHORT * len(starts)
