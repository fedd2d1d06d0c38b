"""PyTorch: the ATen operators themselves, in inference mode, on tensors that share NumPy's memory."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from . import torch_functions
from .cases import SLOPE, Case
from .contender import Contender, from_tables

version = torch.__version__
_inference = torch.inference_mode()

_ELU = "1.0, 1.0, 1.0"
TABLE = {
    ("relu", "forward"): ["torch.relu(x)", "torch.clamp_min(x, 0, out=out)", "aten.relu.out(x, out=out)"],
    ("relu", "backward"): [
        "aten.threshold_backward.default(dy, x, 0)",
        "aten.threshold_backward.grad_input(dy, x, 0, grad_input=out)",
    ],
    ("leaky_relu", "forward"): [f"nn.leaky_relu(x, {SLOPE})", f"nn.leaky_relu(x, {SLOPE}, out=out)"],
    ("leaky_relu", "backward"): [
        f"aten.leaky_relu_backward.default(dy, x, {SLOPE}, False)",
        f"aten.leaky_relu_backward.grad_input(dy, x, {SLOPE}, False, grad_input=out)",
    ],
    ("sigmoid", "forward"): ["torch.sigmoid(x)", "torch.sigmoid(x, out=out)"],
    ("sigmoid", "backward"): [
        "aten.sigmoid_backward.default(dy, y)",
        "aten.sigmoid_backward.grad_input(dy, y, grad_input=out)",
    ],
    ("tanh", "forward"): ["torch.tanh(x)", "torch.tanh(x, out=out)"],
    ("tanh", "backward"): [
        "aten.tanh_backward.default(dy, y)",
        "aten.tanh_backward.grad_input(dy, y, grad_input=out)",
    ],
    ("silu", "forward"): ["nn.silu(x)", "nn.silu(x, out=out)"],
    ("silu", "backward"): [
        "aten.silu_backward.default(dy, x)",
        "aten.silu_backward.grad_input(dy, x, grad_input=out)",
    ],
    ("softplus", "forward"): ["nn.softplus(x)", "nn.softplus(x, out=out)"],
    ("softplus", "backward"): [
        "aten.softplus_backward.default(dy, x, 1.0, 20.0)",
        "aten.softplus_backward.grad_input(dy, x, 1.0, 20.0, grad_input=out)",
    ],
    ("elu", "forward"): ["nn.elu(x)", "nn.elu(x, out=out)"],
    ("elu", "backward"): [
        f"aten.elu_backward.default(dy, {_ELU}, False, x)",
        f"aten.elu_backward.grad_input(dy, {_ELU}, False, x, grad_input=out)",
        f"aten.elu_backward.default(dy, {_ELU}, True, y)",
        f"aten.elu_backward.grad_input(dy, {_ELU}, True, y, grad_input=out)",
    ],
    **{
        (name, "backward"): [
            f"aten._{name}_backward_data.default(dy, y, axis, real)",
            f"aten._{name}_backward_data.out(dy, y, axis, real, {out}=out)",
        ]
        for name, out in (("softmax", "grad_input"), ("log_softmax", "out"))
    },
    **{
        (name, "forward"): [f"torch.{name}(x, axis)", f"torch.{name}(x, axis, out=out)"]
        for name in ("softmax", "log_softmax")
    },
    **{
        (name, "forward"): [f"nn.gelu(x, approximate='{how}')", f"nn.gelu(x, approximate='{how}', out=out)"]
        for name, how in (("gelu", "none"), ("gelu_tanh", "tanh"))
    },
    **{
        (name, "backward"): [
            f"aten.gelu_backward.default(dy, x, approximate='{how}')",
            f"aten.gelu_backward.grad_input(dy, x, approximate='{how}', grad_input=out)",
        ]
        for name, how in (("gelu", "none"), ("gelu_tanh", "tanh"))
    },
    ("swiglu", "forward"): ["nn.silu(a, out=out); out.mul_(b)", "nn.silu(a).mul_(b)"],
    ("swiglu", "backward"): [
        "aten.silu_backward.grad_input(dy, a, grad_input=da); da.mul_(b); nn.silu(a, out=db); db.mul_(dy); out"
    ],
    ("maxout2", "forward"): [
        "torch.amax(xp, at, out=out)",
        "torch.maximum(p[0], p[1])",
        "torch.maximum(p[0], p[1], out=out)",
    ],
    ("maxout3", "forward"): [
        "torch.amax(xp, at, out=out)",
        "torch.maximum(p[0], p[1], out=out); torch.maximum(out, p[2], out=out)",
    ],
    **{
        (f"maxout{n}", "backward"): [
            "aten.value_selecting_reduction_backward.default(dy, at, which, sizes, False)",
            "out.zero_(); outp.scatter_(at, which.unsqueeze(at), dy.unsqueeze(at)); out",
        ]
        for n in (2, 3)
    },
}


def contenders(case: Case) -> Iterator[Contender]:
    torch.set_num_threads(case.threads)
    if not torch.is_inference_mode_enabled():
        _inference.__enter__()  # for the life of the process: entering it per call would be timed
    names = {name: torch.from_numpy(value) for name, value in case.names.items() if isinstance(value, np.ndarray)}
    names |= {"torch": torch, "aten": torch.ops.aten, "nn": torch._C._nn, "F": torch.nn.functional}
    names["real"] = names["x"].dtype
    if case.pieces > 1:
        pieces = case.split(names["x"])
        names |= {
            "xp": pieces,
            "p": pieces.unbind(case.at),
            "which": pieces.max(case.at)[1],
            "sizes": list(pieces.shape),
        }
        if case.backward:
            names["outp"] = names["out"].view(pieces.shape)
    table = TABLE
    if function := torch_functions.FUNCTIONS.get(case.function):
        table = {(case.function, case.direction): function.statements(case.backward)}
        names = function.names(names, case.backward)
    yield from from_tables("torch", case, table, **names)
