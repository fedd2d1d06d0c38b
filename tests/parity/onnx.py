"""ONNX: its operators by our names, its own node tests, and ONNX Runtime as functions of an array."""

from __future__ import annotations

import warnings

import numpy as np

__all__ = ["FUNCTIONS", "OPERATORS", "node_tests"]

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
    "PRelu": ("prelu", {}),
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


def node_tests():
    """ONNX's own tests of these operators: (test's name, our name, our keywords, inputs, expected output)."""
    from onnx import helper
    from onnx.backend.test.case.node import collect_testcases

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the functions that compute the expected outputs
        every = collect_testcases(None)
    found = []
    for case in every:
        node, *more = case.model.graph.node
        if more or node.op_type not in OPERATORS:
            continue
        name, attributes = OPERATORS[node.op_type]
        given = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        given = {key: value.decode() if isinstance(value, bytes) else value for key, value in given.items()}
        if given.keys() - attributes.keys():
            continue  # selu with constants that are not selu's
        keywords = {ours: given.get(theirs, default) for theirs, (ours, default) in attributes.items()}
        for inputs, (output, *_) in case.data_sets:
            if isinstance(output, np.ndarray):  # Identity takes sequences too
                found.append((case.name, name, keywords, inputs, output))
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
    if name not in ("hardmax", "softmax", "log_softmax", "prelu")
}
