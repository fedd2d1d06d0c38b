"""ONNX: its operators by our names, its own node tests, and ONNX Runtime as functions of an array."""

from __future__ import annotations

import functools
import warnings

import numpy as np

__all__ = ["ADAPTED", "FUNCTIONS", "LEFT_OUT", "OPERATORS", "node_tests"]

# Operator: (our name, {attribute: (our parameter, ONNX's default)}).
OPERATORS = {
    "Abs": ("abs", {}),
    "Asinh": ("arcsinh", {}),
    "Atan": ("arctan", {}),
    "Celu": ("celu", {"alpha": ("alpha", 1.0)}),
    "Cos": ("cos", {}),
    "Elu": ("elu", {"alpha": ("alpha", 1.0)}),
    "Erf": ("erf", {}),
    "Exp": ("exponential", {}),
    "Gelu": ("gelu", {"approximate": ("approximate", "none")}),
    "HardSigmoid": ("hard_sigmoid", {"alpha": ("slope", 0.2), "beta": ("offset", 0.5)}),
    "HardSwish": ("hard_silu", {}),
    "Hardmax": ("hardmax", {"axis": ("axis", -1)}),
    "Identity": ("identity", {}),
    "LeakyRelu": ("leaky_relu", {"alpha": ("negative_slope", 0.01)}),
    "LogSoftmax": ("log_softmax", {"axis": ("axis", -1)}),
    "Mish": ("mish", {}),
    "Relu": ("relu", {}),
    "Selu": ("selu", {}),
    "Shrink": ("shrink", {"lambd": ("lambd", 0.5), "bias": ("bias", 0.0)}),
    "Sigmoid": ("sigmoid", {}),
    "Sign": ("sign", {}),
    "Sin": ("sin", {}),
    "Softmax": ("softmax", {"axis": ("axis", -1)}),
    "Softplus": ("softplus", {}),
    "Softsign": ("softsign", {}),
    "Swish": ("swish", {"alpha": ("beta", 1.0)}),
    "Tanh": ("tanh", {}),
    "ThresholdedRelu": ("thresholded_relu", {"alpha": ("threshold", 1.0)}),
}


def _clip(f, attributes, x, minimum=-np.inf, maximum=np.inf):
    return f(x, min_val=minimum, max_val=maximum)


def _fold(f, attributes, x, axes=(), **parameters):
    axes = tuple(map(int, axes)) or None
    return f(x, axis=axes, keepdims=bool(attributes.get("keepdims", 1)), **parameters)


def _selu(f, attributes, x):
    """Of other constants than its own it is elu, scaled."""
    import activations

    if not attributes:
        return f(x)
    return (attributes["gamma"] * activations.elu(x, alpha=attributes["alpha"])).astype(x.dtype)


# Operators whose tests have further inputs, or attributes that are no parameters: (our name, how it is called).
ADAPTED = {
    "Clip": ("clip", _clip),
    "LpNormalization": (
        "l2_normalize",
        lambda f, attributes, x: f(x, axis=attributes.get("axis", -1), p=float(attributes.get("p", 2))),
    ),
    "PRelu": ("prelu", lambda f, attributes, x, slope: f(x, weight=slope)),
    "ReduceL1": ("lp_norm_fold", lambda *given: _fold(*given, p=1.0)),
    "ReduceL2": ("lp_norm_fold", _fold),
    "ReduceLogSumExp": ("logsumexp", _fold),
    "ReduceMax": ("max_fold", _fold),
    "ReduceMean": ("mean_fold", _fold),
    "ReduceMin": ("min_fold", _fold),
    "ReduceSum": ("sum_fold", _fold),
    "Selu": ("selu", _selu),
    "SwiGLU": ("swiglu", lambda f, attributes, a, b: f(a, b, beta=attributes.get("alpha", 1.0))),
}

# What of its tests is another function than ours.
_OF_NOTHING = "the largest of nothing is an error here"
_BOOL = "bools are integers here"
LEFT_OUT = {
    "test_identity_opt": "an optional value",
    "test_identity_sequence": "a sequence",
    "test_reduce_max_bool_inputs": _BOOL,
    "test_reduce_max_empty_set": _OF_NOTHING,
    "test_reduce_max_empty_set_bool": _OF_NOTHING,
    "test_reduce_min_bool_inputs": _BOOL,
    "test_reduce_min_empty_set": _OF_NOTHING,
    "test_reduce_sum_empty_axes_input_noop": "folds no axis",
    "test_reduce_sum_empty_axes_input_noop_example": "folds no axis",
}


def node_tests():
    """ONNX's own tests of these operators, those left out too: (test's name, our name, our call, expected output)."""
    from onnx import helper
    from onnx.backend.test.case.node import collect_testcases

    import activations

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the functions that compute the expected outputs
        every = collect_testcases(None)
    found = []
    for case in every:
        node, *more = case.model.graph.node
        if more or node.op_type not in OPERATORS | ADAPTED:
            continue
        given = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        given = {key: value.decode() if isinstance(value, bytes) else value for key, value in given.items()}
        for inputs, (output, *_) in case.data_sets:
            if node.op_type in ADAPTED:
                name, adapter = ADAPTED[node.op_type]
                named = dict(zip(filter(None, node.input), inputs, strict=True))
                # An input that is left out leaves a gap.
                words = {"min": "minimum", "max": "maximum"}
                further = {words[key]: named.pop(key) for key in words if key in named}
                call = functools.partial(adapter, activations.get(name), given, *named.values(), **further)
            else:
                name, attributes = OPERATORS[node.op_type]
                keywords = {ours: given.get(theirs, default) for theirs, (ours, default) in attributes.items()}
                call = functools.partial(activations.get(name), *inputs, **keywords)
            found.append((case.name, name, call, output))
    return found


def _run(operator, attributes, x):
    import onnxruntime
    from onnx import TensorProto, helper

    import activations

    name = OPERATORS[operator][0]
    ours = activations.get(name).parameters
    given = {theirs: ours[parameter] for theirs, (parameter, _) in attributes.items()}
    kind = {np.dtype(np.float32): TensorProto.FLOAT, np.dtype(np.float64): TensorProto.DOUBLE}[x.dtype]
    node = helper.make_node(operator, ["x"], ["y"], **given)
    ends = [helper.make_tensor_value_info(end, kind, [None]) for end in "xy"]
    graph = helper.make_graph([node], "one", ends[:1], ends[1:])
    opset = 24 if operator == "Swish" else 22
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})[0]


# ONNX Runtime's elementwise operators at our default parameters.
FUNCTIONS = {
    name: [({}, lambda x, operator=operator, attributes=attributes: _run(operator, attributes, x))]
    for operator, (name, attributes) in OPERATORS.items()
    if name not in ("hardmax", "softmax", "log_softmax")
}
