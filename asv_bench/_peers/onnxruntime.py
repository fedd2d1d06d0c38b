"""ONNX Runtime: one-operator models with input and output bound to NumPy's memory; forward only."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

from .cases import SLOPE, Case
from .contender import Contender

version = onnxruntime.__version__

_MICROSOFT = "com.microsoft"
AXIS = object()  # stands for the axis that is folded
# function: (label, nodes) of each way to say it; a node is (operator, inputs, output, attributes),
# and an input may be a whole number
MODELS = {
    "relu": [("Relu", [("Relu", "x", "out", {})])],
    "leaky_relu": [("LeakyRelu", [("LeakyRelu", "x", "out", {"alpha": SLOPE})])],
    "sigmoid": [("Sigmoid", [("Sigmoid", "x", "out", {})])],
    "tanh": [("Tanh", [("Tanh", "x", "out", {})])],
    "silu": [
        ("Sigmoid and Mul", [("Sigmoid", "x", "s", {}), ("Mul", "x s", "out", {})]),
        ("QuickGelu", [("QuickGelu", "x", "out", {"alpha": 1.0, "domain": _MICROSOFT})]),
    ],
    "gelu": [
        ("Gelu", [("Gelu", "x", "out", {})]),
        ("Gelu of Microsoft", [("Gelu", "x", "out", {"domain": _MICROSOFT})]),
    ],
    "gelu_tanh": [
        ("Gelu", [("Gelu", "x", "out", {"approximate": "tanh"})]),
        ("FastGelu", [("FastGelu", "x", "out", {"domain": _MICROSOFT})]),
    ],
    "softplus": [("Softplus", [("Softplus", "x", "out", {})])],
    "elu": [("Elu", [("Elu", "x", "out", {})])],
    "softmax": [("Softmax", [("Softmax", "x", "out", {"axis": AXIS})])],
    "log_softmax": [("LogSoftmax", [("LogSoftmax", "x", "out", {"axis": AXIS})])],
    **{
        name: [(operator, [(operator, inputs, "out", attributes)])]
        for name, operator, inputs, attributes in (
            ("abs", "Abs", "x", {}),
            ("arcsinh", "Asinh", "x", {}),
            ("arctan", "Atan", "x", {}),
            ("celu", "Celu", "x", {}),
            ("clip", "Clip", "x -1 1", {}),
            ("cos", "Cos", "x", {}),
            ("erf", "Erf", "x", {}),
            ("exponential", "Exp", "x", {}),
            ("hard_shrink", "Shrink", "x", {"lambd": 0.5, "bias": 0.0}),
            ("hard_sigmoid", "HardSigmoid", "x", {"alpha": 1 / 6, "beta": 0.5}),
            ("hard_silu", "HardSwish", "x", {}),
            ("hard_tanh", "Clip", "x -1 1", {}),
            ("identity", "Identity", "x", {}),
            ("mish", "Mish", "x", {}),
            ("quick_gelu", "QuickGelu", "x", {"alpha": 1.702, "domain": _MICROSOFT}),
            ("relu6", "Clip", "x 0 6", {}),
            ("selu", "Selu", "x", {}),
            ("sign", "Sign", "x", {}),
            ("sin", "Sin", "x", {}),
            ("soft_shrink", "Shrink", "x", {"lambd": 0.5, "bias": 0.5}),
            ("softsign", "Softsign", "x", {}),
            ("square", "Mul", "x x", {}),
            ("swish", "QuickGelu", "x", {"alpha": 1.0, "domain": _MICROSOFT}),
            ("thresholded_relu", "ThresholdedRelu", "x", {"alpha": 1.0}),
        )
    },
    "maxout2": [("ReduceMax", [("ReduceMax", "x axes", "out", {"keepdims": 0})])],
    "maxout3": [("ReduceMax", [("ReduceMax", "x axes", "out", {"keepdims": 0})])],
}


def _session(
    nodes: list, x: onnxruntime.OrtValue, out: onnxruntime.OrtValue, case: Case
) -> onnxruntime.InferenceSession:
    kind = {"tensor(float)": TensorProto.FLOAT, "tensor(double)": TensorProto.DOUBLE}[x.data_type()]
    words = {word for _, inputs, *_ in nodes for word in inputs.split() if word.lstrip("-").isdigit()}
    numbers = [helper.make_tensor(word, kind, [], [float(word)]) for word in words]
    graph = helper.make_graph(
        [
            helper.make_node(
                operator,
                inputs.split(),
                [output],
                **{key: case.axis if value is AXIS else value for key, value in attributes.items()},
            )
            for operator, inputs, output, attributes in nodes
        ],
        "case",
        [helper.make_tensor_value_info("x", kind, x.shape())],
        [helper.make_tensor_value_info("out", kind, out.shape())],
        [helper.make_tensor("axes", TensorProto.INT64, [1], [case.at]), *numbers],
    )
    domains = [helper.make_opsetid("", 22), helper.make_opsetid(_MICROSOFT, 1)]
    model = helper.make_model(graph, opset_imports=domains, ir_version=10)
    onnx.checker.check_model(model)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads, options.log_severity_level = case.threads, 1, 3
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def unfit(case: Case) -> str:
    """Why it is not raced in the case, if so."""
    if case.backward:
        return "it computes no gradients"
    if case.data.layout.strided:
        return "its arrays have no strides"
    if case.data.dtype not in (np.float32, np.float64):
        return "raced in float32 and float64 alone"
    return ""


def contenders(case: Case) -> Iterator[Contender]:
    x = case.names["x"]
    if case.pieces > 1:
        x = case.split(x)
    x, out = (onnxruntime.OrtValue.ortvalue_from_numpy(array) for array in (x, case.names["out"]))
    for label, nodes in MODELS.get(case.function, ()):
        session = _session(nodes, x, out, case)
        binding = session.io_binding()
        binding.bind_ortvalue_input("x", x)
        binding.bind_ortvalue_output("out", out)
        names = {"session": session, "binding": binding, "out": out}
        yield Contender("onnxruntime", ("session.run_with_iobinding(binding)",), names, label, result="out.numpy()")
        call = "session.run_with_ort_values(('out',), {'x': x})"
        yield Contender("onnxruntime", (call,), names | {"x": x}, label, result=f"{call}[0].numpy()")
