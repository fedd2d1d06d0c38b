"""What PyTorch has besides the functions of `cases`: as data, how it computes each, forward and backward.

What is right is PyTorch's own value in double precision, and autograd's gradient of it. Where PyTorch has no operator
for the gradient, the statements are the formula that autograd evaluates (`derivatives.yaml`), spared the overhead of a
graph and of most intermediate arrays: PyTorch itself is slower. A call with `{out}` is raced with and without a given
output.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["FUNCTIONS", "Function"]


def _both(texts: tuple[str, ...]) -> list[str]:
    """The calls without and with a given output."""
    every = []
    for text in texts:
        word = "grad_input" if "backward" in text else "out"
        every.append(text.format(overload="default", out=""))
        if "{out}" in text:
            every.append(text.format(overload=word, out=f", {word}=out"))
    return every


@dataclass(frozen=True)
class Function:
    """One function, in statements on tensors.

    Attributes
    ----------
    forward, backward : tuple of str
        The ways to compute y from x, and dx from dy, x, y and what `saved` names; statements are split at ``;``.
    truth : str
        An expression of x that autograd can follow, if the first of `forward` is none.
    constants, saved : mapping of str to str
        Further names, for both passes and for backward, as expressions of x, y, dy and the names before.
    folds : int, optional
        How many inputs of a row become one output, 0 for all of them; None where there are no rows.
    """

    forward: tuple[str, ...]
    backward: tuple[str, ...]
    truth: str = ""
    constants: Mapping[str, str] = field(default_factory=dict)
    saved: Mapping[str, str] = field(default_factory=dict)
    folds: int | None = None

    def statements(self, backward: bool) -> list[str]:
        """What is raced."""
        return _both(self.backward if backward else self.forward)

    def names(self, names: dict[str, Any], backward: bool) -> dict[str, Any]:
        """`names` with the constants, and for the backward pass with what is saved."""
        names = dict(names)
        for name, text in (*self.constants.items(), *(self.saved.items() if backward else ())):
            names[name] = eval(text, names)
        return names

    def value(self, x: np.ndarray) -> np.ndarray:
        """The right answer."""
        return self._followed(x)[1].detach().numpy()

    def gradient(self, dy: np.ndarray, x: np.ndarray) -> np.ndarray:
        """The right answer of the backward pass."""
        import torch

        leaf, y = self._followed(x)
        with torch.inference_mode(False):
            return torch.autograd.grad(y, leaf, torch.from_numpy(dy))[0].numpy()

    def _followed(self, x: np.ndarray):
        import torch

        with torch.inference_mode(False), torch.enable_grad():
            leaf = torch.tensor(x, requires_grad=True)
            names = {"torch": torch, "nn": torch._C._nn, "F": torch.nn.functional, "real": leaf.dtype}
            names = self.names(names | {"x": leaf.detach()}, backward=False)
            return leaf, eval(self.truth or self.statements(backward=False)[0], names | {"x": leaf})


def _function(forward, backward, **more) -> Function:
    one = [(texts,) if isinstance(texts, str) else tuple(texts) for texts in (forward, backward)]
    return Function(*one, **more)


_ALPHA, _SCALE = 1.6732632423543772, 1.0507009873554805
_MEAN_SLOPE = (1 / 8 + 1 / 3) / 2
_NOTHING = ("torch.zeros_like(x)", "out.zero_()")
_COLUMN = {"column": "dy[..., None]", "sizes": "list(x.shape)"}


def _extreme(name: str) -> Function:
    """The maximum or minimum of rows; of equal ones the first is it, as in `torch.max` with a dimension."""
    return _function(
        f"torch.a{name}(x, -1{{out}})",
        (
            "aten.value_selecting_reduction_backward.default(dy, -1, which, sizes, False)",
            "out.zero_(); out.scatter_(-1, which[..., None], column)",
        ),
        truth=f"x.gather(-1, x.arg{name}(-1, keepdim=True))[..., 0]",
        saved=_COLUMN | {"which": f"x.arg{name}(-1)"},
        folds=0,
    )


FUNCTIONS = {
    "abs": _function("torch.abs(x{out})", "torch.sgn(x, out=out); out.mul_(dy)"),
    "arcsinh": _function("torch.asinh(x{out})", "torch.mul(x, x, out=out); out.add_(1); out.rsqrt_(); out.mul_(dy)"),
    "arctan": _function("torch.atan(x{out})", "torch.mul(x, x, out=out); out.add_(1); torch.div(dy, out, out=out)"),
    "binary_step": _function(
        "torch.heaviside(x, one{out})",
        _NOTHING,
        truth="(x >= 0).to(real) + 0 * x",
        constants={"one": "torch.ones((), dtype=real)"},
    ),
    "celu": _function(
        ("torch.celu(x)", "nn.elu(x, 1.0, 1.0, 1.0{out})"),
        "aten.elu_backward.{overload}(dy, 1.0, 1.0, 1.0, False, x{out})",
    ),
    "clip": _function(
        "torch.clamp(x, -1, 1{out})",
        "torch.where((x >= -1) & (x <= 1), dy, zero{out})",
        saved={"zero": "torch.zeros((), dtype=real)"},
    ),
    "cos": _function("torch.cos(x{out})", "torch.sin(x, out=out); out.neg_(); out.mul_(dy)"),
    "cube": _function("torch.pow(x, 3{out})", "torch.pow(x, 2, out=out); out.mul_(3); out.mul_(dy)"),
    "erf": _function(
        "torch.erf(x{out})",
        "torch.mul(x, x, out=out); out.neg_(); out.exp_(); out.mul_(1.1283791670955126); out.mul_(dy)",
    ),
    "exponential": _function("torch.exp(x{out})", "torch.mul(dy, y{out})"),
    "glu": _function("nn.glu(x, -1{out})", "aten.glu_backward.{overload}(dy, x, -1{out})", folds=2),
    "hard_shrink": _function("torch.hardshrink(x, 0.5{out})", "aten.hardshrink_backward.{overload}(dy, x, 0.5{out})"),
    "hard_sigmoid": _function("nn.hardsigmoid(x{out})", "aten.hardsigmoid_backward.{overload}(dy, x{out})"),
    "hard_silu": _function("nn.hardswish(x{out})", "aten.hardswish_backward.default(dy, x)"),
    "hard_tanh": _function(
        "nn.hardtanh(x, -1.0, 1.0{out})", "aten.hardtanh_backward.{overload}(dy, x, -1.0, 1.0{out})"
    ),
    "identity": _function(("torch.clone(x)", "out.copy_(x)"), ("torch.clone(dy)", "out.copy_(dy)")),
    "l2_normalize": _function(
        (
            "torch.div(x, torch.linalg.vector_norm(x, 2, -1, True).clamp_min_(1e-12){out})",
            "F.normalize(x, dim=-1)",
        ),
        "torch.mul(dy, y, out=tmp); torch.mul(y, tmp.sum(-1, True), out=out); torch.sub(dy, out, out=out); out.div_(n)",
        truth="F.normalize(x, dim=-1)",
        saved={"n": "torch.linalg.vector_norm(x, 2, -1, True)"},
        folds=1,
    ),
    "log_sigmoid": _function(
        "nn.log_sigmoid(x{out})",
        "aten.log_sigmoid_backward.{overload}(dy, x, buffer{out})",
        saved={"buffer": "aten.log_sigmoid_forward.default(x)[1]"},
    ),
    "logsumexp": _function(
        "torch.logsumexp(x, -1{out})",
        "torch.sub(x, rows, out=out); out.exp_(); out.mul_(column)",
        saved=_COLUMN | {"rows": "y[..., None]"},
        folds=0,
    ),
    "lp_norm_fold": _function(
        "torch.linalg.vector_norm(x, 2, -1{out})", "torch.mul(x, torch.div(dy, y)[..., None]{out})", folds=0
    ),
    "max_fold": _extreme("max"),
    "mean_fold": _function(
        "torch.mean(x, -1{out})", "torch.div(column.expand(sizes), sizes[-1]{out})", saved=_COLUMN, folds=0
    ),
    "min_fold": _extreme("min"),
    "mish": _function("nn.mish(x{out})", "aten.mish_backward.default(dy, x)"),
    "prelu": _function(
        "torch.prelu(x, weight)",
        "aten._prelu_kernel_backward.default(dy, x, weight)[0]",
        constants={"weight": "torch.full((1,), 0.25, dtype=real)"},
    ),
    "relu6": _function(
        ("nn.hardtanh(x, 0.0, 6.0{out})", "nn.relu6(x)"), "aten.hardtanh_backward.{overload}(dy, x, 0.0, 6.0{out})"
    ),
    "rrelu": _function(
        f"nn.leaky_relu(x, {_MEAN_SLOPE}{{out}})",
        f"aten.leaky_relu_backward.{{overload}}(dy, x, {_MEAN_SLOPE}, False{{out}})",
        truth="F.rrelu(x)",
    ),
    "selu": _function(
        ("torch.selu(x)", f"nn.elu(x, {_ALPHA}, {_SCALE}, 1.0{{out}})"),
        f"aten.elu_backward.{{overload}}(dy, {_ALPHA}, {_SCALE}, 1.0, False, x{{out}})",
    ),
    "sign": _function("torch.sign(x{out})", _NOTHING, truth="torch.sign(x.detach()) + 0 * x"),
    "sin": _function("torch.sin(x{out})", "torch.cos(x, out=out); out.mul_(dy)"),
    "snake": _function(
        "torch.sin(x, out=out); out.mul_(out); torch.add(x, out, out=out)",
        "torch.mul(x, 2, out=out); out.sin_(); out.add_(1); torch.mul(dy, out, out=out)",
        truth="x + torch.sin(x).square()",
    ),
    "soft_shrink": _function("nn.softshrink(x, 0.5{out})", "aten.softshrink_backward.{overload}(dy, x, 0.5{out})"),
    "softmin": _function(
        ("torch.softmax(-x, -1)", "torch.neg(x, out=tmp); torch.softmax(tmp, -1, out=out)"),
        (
            "aten._softmax_backward_data.default(dy, y, -1, real).neg_()",
            "aten._softmax_backward_data.out(dy, y, -1, real, grad_input=out).neg_()",
        ),
        folds=1,
    ),
    "softsign": _function(
        ("F.softsign(x)", "torch.abs(x, out=out); out.add_(1); torch.div(x, out, out=out)"),
        "torch.abs(x, out=out); out.add_(1); out.mul_(out); torch.div(dy, out, out=out)",
    ),
    "square": _function("torch.square(x{out})", "torch.mul(dy, x, out=out); out.mul_(2)"),
    "standardize": _function(
        "torch.layer_norm(x, shape, None, None, 1e-5)",
        "aten.native_layer_norm_backward.default(dy, x, shape, kept[1], kept[2], None, None, only_dx)[0]",
        constants={"shape": "list(x.shape[-1:])"},
        saved={"kept": "aten.native_layer_norm.default(x, shape, None, None, 1e-5)", "only_dx": "[True, False, False]"},
        folds=1,
    ),
    "sum_fold": _function(
        "torch.sum(x, -1{out})", ("column.expand(sizes).contiguous()", "out.copy_(column)"), saved=_COLUMN, folds=0
    ),
    "swish": _function("nn.silu(x{out})", "aten.silu_backward.{overload}(dy, x{out})"),
    "tanh_shrink": _function(
        ("F.tanhshrink(x)", "torch.tanh(x, out=out); torch.sub(x, out, out=out)"),
        (
            "torch.sub(dy, aten.tanh_backward.default(dy, t))",
            "aten.tanh_backward.grad_input(dy, t, grad_input=out); torch.sub(dy, out, out=out)",
        ),
        saved={"t": "torch.tanh(x)"},
    ),
    "threshold": _function("torch.threshold(x, 0.0, 0.0{out})", "aten.threshold_backward.{overload}(dy, x, 0.0{out})"),
    "thresholded_relu": _function(
        "torch.threshold(x, 1.0, 0.0{out})", "aten.threshold_backward.{overload}(dy, x, 1.0{out})"
    ),
    "torch.sinc": _function(
        "torch.sinc(x{out})",
        "torch.mul(x, 3.141592653589793, out=tmp); torch.cos(tmp, out=out); out.mul_(tmp); out.sub_(torch.sin(tmp)); "
        "tmp.mul_(x); out.div_(tmp); out.mul_(dy); torch.where(tmp == 0, zero, out)",
        saved={"zero": "torch.zeros((), dtype=real)"},
    ),
}
