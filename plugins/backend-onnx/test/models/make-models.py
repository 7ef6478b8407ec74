"""Writes the models of this folder. What each is for stands in README.md.

    python3 -m venv /tmp/models && /tmp/models/bin/pip install -r requirements.txt && /tmp/models/bin/python make-models.py
"""

from pathlib import Path

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper

HERE = Path(__file__).parent
OPSET = 17
IR_VERSION = 8

FLOAT = TensorProto.FLOAT

DTYPES = {
    "bool": TensorProto.BOOL,
    "int8": TensorProto.INT8,
    "int16": TensorProto.INT16,
    "int32": TensorProto.INT32,
    "int64": TensorProto.INT64,
    "uint8": TensorProto.UINT8,
    "uint16": TensorProto.UINT16,
    "uint32": TensorProto.UINT32,
    "uint64": TensorProto.UINT64,
    "float16": TensorProto.FLOAT16,
    "float32": TensorProto.FLOAT,
    "float64": TensorProto.DOUBLE,
    "string": TensorProto.STRING,
}

UNSUPPORTED_DTYPES = {
    "bfloat16": TensorProto.BFLOAT16,
    "complex64": TensorProto.COMPLEX64,
    "int4": TensorProto.INT4,
    "float8e4m3fn": TensorProto.FLOAT8E4M3FN,
}


def tensor(name, dtype, shape):
    """A shape of None is an unknown rank; a dimension is a number or a symbolic name."""
    return helper.make_tensor_value_info(name, dtype, shape)


def constant(name, values, dtype=np.float32):
    return numpy_helper.from_array(np.asarray(values, dtype=dtype), name)


def model(nodes, inputs, outputs, initializers=(), opset=OPSET, ir_version=IR_VERSION, domains=()):
    graph = helper.make_graph(nodes, "graph", inputs, outputs, list(initializers))
    imports = [helper.make_opsetid("", opset), *(helper.make_opsetid(domain, 1) for domain in domains)]
    return helper.make_model(graph, opset_imports=imports, ir_version=ir_version, producer_name="make-models.py")


def save(path, content):
    file = HERE / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.SerializeToString() if isinstance(content, ModelProto) else content)


def identity(dtype, shape, opset=OPSET, ir_version=IR_VERSION):
    node = helper.make_node("Identity", ["x"], ["y"])
    return model([node], [tensor("x", dtype, shape)], [tensor("y", dtype, shape)], opset=opset, ir_version=ir_version)


def linear(slope, offset):
    nodes = [helper.make_node("Mul", ["x", "slope"], ["product"]), helper.make_node("Add", ["product", "offset"], ["y"])]
    weights = [constant("slope", slope), constant("offset", offset)]
    return model(nodes, [tensor("x", FLOAT, None)], [tensor("y", FLOAT, None)], weights)


def external(location, offset, length, name="weights"):
    weights = TensorProto(name=name, data_type=FLOAT, dims=[2, 2], data_location=TensorProto.EXTERNAL)
    for key, value in (("location", location), ("offset", offset), ("length", length)):
        weights.external_data.add(key=key, value=str(value))
    return weights


def matmul(weights):
    node = helper.make_node("MatMul", ["x", "weights"], ["y"])
    return model([node], [tensor("x", FLOAT, ["batch", 2])], [tensor("y", FLOAT, ["batch", 2])], [weights])


for name, dtype in DTYPES.items():
    save(f"identity/{name}.onnx", identity(dtype, None))
    save(f"identity-batch/{name}.onnx", identity(dtype, ["batch", 2]))

for name, dtype in UNSUPPORTED_DTYPES.items():
    new = name in ("int4", "float8e4m3fn")
    opset, ir_version = (21, 10) if new else (OPSET, IR_VERSION)
    save(f"unsupported/{name}.onnx", identity(dtype, [2], opset, ir_version))

save("half-plus-two/1/model.onnx", linear(0.5, 2.0))
save("half-plus-two/2/model.onnx", linear(0.5, 3.0))
save("scalar.onnx", identity(FLOAT, []))
save(
    "sum-and-difference.onnx",
    model(
        [helper.make_node("Add", ["a", "b"], ["sum"]), helper.make_node("Sub", ["a", "b"], ["difference"])],
        [tensor("a", FLOAT, ["n"]), tensor("b", FLOAT, ["n"])],
        [tensor("sum", FLOAT, ["n"]), tensor("difference", FLOAT, ["n"])],
    ),
)
save(
    "awkward-names.onnx",
    model(
        [helper.make_node("Neg", ["__proto__"], ["constructor"]), helper.make_node("Abs", ["__proto__"], ["0"])],
        [tensor("__proto__", FLOAT, ["n"])],
        [tensor("constructor", FLOAT, ["n"]), tensor("0", FLOAT, ["n"])],
    ),
)
save(
    "optional-input.onnx",
    model(
        [helper.make_node("Add", ["x", "offset"], ["y"])],
        [tensor("x", FLOAT, ["n"]), tensor("offset", FLOAT, [1])],
        [tensor("y", FLOAT, ["n"])],
        [constant("offset", [10.0])],
    ),
)
save(
    "optional-bfloat16-input.onnx",
    model(
        [
            helper.make_node("Cast", ["offset"], ["float_offset"], to=FLOAT),
            helper.make_node("Add", ["x", "float_offset"], ["y"]),
        ],
        [tensor("x", FLOAT, ["n"]), tensor("offset", TensorProto.BFLOAT16, [1])],
        [tensor("y", FLOAT, ["n"])],
        [helper.make_tensor("offset", TensorProto.BFLOAT16, [1], [10.0])],
    ),
)
save(
    "constant-output.onnx",
    model(
        [helper.make_node("Identity", ["x"], ["y"])],
        [tensor("x", FLOAT, ["n"])],
        [tensor("y", FLOAT, ["n"]), tensor("weights", FLOAT, [3])],
        [constant("weights", [1.0, 2.0, 3.0])],
    ),
)
save(
    "no-input.onnx",
    model([helper.make_node("Identity", ["weights"], ["y"])], [], [tensor("y", FLOAT, [2])], [constant("weights", [1.0, 2.0])]),
)
save(
    "add-broadcast.onnx",
    model(
        [helper.make_node("Add", ["a", "b"], ["y"])],
        [tensor("a", FLOAT, ["n"]), tensor("b", FLOAT, ["m"])],
        [tensor("y", FLOAT, ["k"])],
    ),
)
save(
    "reshape.onnx",
    model(
        [helper.make_node("Reshape", ["x", "shape"], ["y"])],
        [tensor("x", FLOAT, ["n"])],
        [tensor("y", FLOAT, [2, 3])],
        [constant("shape", [2, 3], np.int64)],
    ),
)
save(
    "gather.onnx",
    model(
        [helper.make_node("Gather", ["table", "index"], ["y"])],
        [tensor("index", TensorProto.INT64, ["n"])],
        [tensor("y", FLOAT, ["n"])],
        [constant("table", [10.0, 20.0])],
    ),
)
save("matmul.onnx", matmul(constant("weights", [[1.0, 2.0], [3.0, 4.0]])))

weights_bytes = np.asarray([[1, 2], [3, 4]], dtype=np.float32).tobytes()
save("external/good/model.onnx", matmul(external("weights.bin", 8, 16)))
save("external/good/weights.bin", b"padding." + weights_bytes)
save("external/missing/model.onnx", matmul(external("weights.bin", 0, 16)))
save("external/short/model.onnx", matmul(external("weights.bin", 8, 16)))
save("external/short/weights.bin", weights_bytes)
save("external/escaping/model.onnx", matmul(external("../good/weights.bin", 8, 16)))

# The escaping tensor hides in the branches of an If.
inner = helper.make_graph(
    [helper.make_node("Identity", ["hidden"], ["inner"])], "inner", [], [tensor("inner", FLOAT, [2, 2])],
    [external("../good/weights.bin", 8, 16, name="hidden")],
)
save(
    "external/escaping-in-branch/model.onnx",
    model(
        [helper.make_node("If", ["flag"], ["y"], then_branch=inner, else_branch=inner)],
        [tensor("flag", TensorProto.BOOL, [])],
        [tensor("y", FLOAT, [2, 2])],
    ),
)

save(
    "unsupported/proto-output.onnx",
    model([helper.make_node("Neg", ["x"], ["__proto__"])], [tensor("x", FLOAT, ["n"])], [tensor("__proto__", FLOAT, ["n"])]),
)
sequence = helper.make_tensor_sequence_value_info("xs", FLOAT, ["n"])
save(
    "unsupported/sequence-input.onnx",
    model([helper.make_node("ConcatFromSequence", ["xs"], ["y"], axis=0)], [sequence], [tensor("y", FLOAT, ["n"])]),
)
save(
    "unsupported/sequence-output.onnx",
    model([helper.make_node("SequenceConstruct", ["x"], ["xs"])], [tensor("x", FLOAT, ["n"])], [sequence]),
)
optional = helper.make_value_info("maybe", helper.make_optional_type_proto(helper.make_tensor_type_proto(FLOAT, ["n"])))
save(
    "unsupported/optional-input.onnx",
    model([helper.make_node("OptionalGetElement", ["maybe"], ["y"])], [optional], [tensor("y", FLOAT, ["n"])]),
)
features = helper.make_map_type_proto(TensorProto.INT64, helper.make_tensor_type_proto(FLOAT, []))
save(
    "unsupported/map-input.onnx",
    model(
        [helper.make_node("CastMap", ["features"], ["y"], domain="ai.onnx.ml")],
        [helper.make_value_info("features", features)],
        [tensor("y", FLOAT, [1, "n"])],
        domains=["ai.onnx.ml"],
    ),
)

save("invalid/new-opset.onnx", identity(FLOAT, ["n"], opset=1000))
save("invalid/new-ir-version.onnx", identity(FLOAT, ["n"], ir_version=1000))
for name, operator, source, domain in (
    ("unknown-operator", "NoSuchOperator", "x", ""),
    ("unknown-domain", "Transform", "x", "com.example"),
    ("dangling-edge", "Identity", "nowhere", ""),
    ("wrong-type", "Not", "x", ""),
):
    node = helper.make_node(operator, [source], ["y"], name="first", domain=domain)
    domains = [domain] if domain else []
    save(f"invalid/{name}.onnx", model([node], [tensor("x", FLOAT, ["n"])], [tensor("y", FLOAT, ["n"])], domains=domains))
no_graph = ModelProto(ir_version=IR_VERSION)
no_graph.opset_import.extend([helper.make_opsetid("", OPSET)])
save("invalid/no-graph.onnx", no_graph)
