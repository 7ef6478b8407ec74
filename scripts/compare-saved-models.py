#!/usr/bin/env python3
"""Holds what @plinth/saved-model makes of SavedModels against the models themselves: TensorFlow runs both, on the same inputs.

By hand: npm run build && venv/bin/python scripts/compare-saved-models.py <folder of a version>...
Inputs come from golden.json beside the version's folder where make-saved-models.py wrote it, else they are made up.
"""

import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import graph_pb2
from tensorflow.python.framework import graph_to_function_def
from tensorflow.python.framework import dtypes

tf1 = tf.compat.v1
HERE = pathlib.Path(__file__).parent


def tf_type(name):
    return dtypes.as_dtype({"float16": "half"}.get(name, name))


class Frozen:
    """The signatures of one model in one session, which share variables and tables."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.model = json.loads((self.folder / "model.json").read_text())
        self.graph = tf.Graph()
        self.session = tf1.Session(graph=self.graph)
        with self.graph.as_default():
            self.places = {name: self.load(each["file"]) for name, each in self.model["signatures"].items()}
            self.initialise()

    def load(self, file):
        """Imports a graph; its functions, which stand there as graphs, become functions first, inner ones before outer ones."""
        graph = graph_pb2.GraphDef.FromString((self.folder / file).read_bytes())
        scope = pathlib.Path(file).stem
        bodies = list(graph.library.function)
        library = graph_pb2.GraphDef()
        names = {body.signature.name: f"{scope}_{index}" for index, body in enumerate(bodies)}
        for body in bodies:
            library.library.function.append(as_function(body, names, library))
        for node in graph.node:
            rename(node, names)
        graph.library.CopyFrom(library.library)
        tf.import_graph_def(graph, name=scope)
        return scope

    def value(self, initial):
        scope = self.load(initial["file"])
        return self.graph.get_tensor_by_name(f"{scope}/{initial['tensor']}")

    def initialise(self):
        for key, resource in self.model["resources"].items():
            if resource["kind"] == "variable" and resource.get("initial"):
                value = self.value(resource["initial"])
                handle = tf.raw_ops.VarHandleOp(dtype=value.dtype, shape=resource.get("shape"), shared_name=key)
                self.session.run(tf.raw_ops.AssignVariableOp(resource=handle, value=value))
            if resource["kind"] == "table" and resource.get("entries"):
                keys, values = self.value(resource["entries"]["keys"]), self.value(resource["entries"]["values"])
                make = getattr(tf.raw_ops, resource["op"])
                handle = make(key_dtype=keys.dtype, value_dtype=values.dtype, shared_name=key)
                fill = tf.raw_ops.InitializeTableV2 if resource["op"] == "HashTableV2" else tf.raw_ops.LookupTableImportV2
                self.session.run(fill(table_handle=handle, keys=keys, values=values))

    def run(self, signature, inputs):
        described = self.model["signatures"][signature]
        scope = self.places[signature]
        feeds = {f"{scope}/{each['tensor']}": inputs[each["name"]] for each in described["inputs"]}
        return self.session.run({each["name"]: f"{scope}/{each['tensor']}" for each in described["outputs"]}, feeds)


def rename(node, names):
    for value in node.attr.values():
        if value.WhichOneof("value") == "func":
            value.func.name = names[value.func.name]
        for each in value.list.func:
            each.name = names[each.name]


def as_function(body, names, library):
    graph_def = graph_pb2.GraphDef()
    graph_def.CopyFrom(library)
    graph_def.versions.producer = 1000
    for node in body.node_def:
        rename(node, names)
        graph_def.node.add().CopyFrom(node)
    graph = tf.Graph()
    with graph.as_default():
        tf.import_graph_def(graph_def, name="")
    inputs = [graph.get_tensor_by_name(f"{argument.name}:0") for argument in body.signature.input_arg]
    outputs = [graph.get_tensor_by_name(body.ret[str(index)]) for index in range(len(body.ret))]
    skip = {tensor.op for tensor in inputs}
    operations = [operation for operation in graph.get_operations() if operation not in skip]
    function = graph_to_function_def.graph_to_function_def(graph, operations, inputs, outputs)
    function.signature.name = names[body.signature.name]
    for name in body.control_ret:
        function.control_ret[name] = name
        function.signature.control_output.append(name)
    if any(each.op.startswith("Assign") for each in function.node_def):
        function.signature.is_stateful = True
    return function


class Original:
    def __init__(self, folder):
        self.graph = tf.Graph()
        self.session = tf1.Session(graph=self.graph)
        with self.graph.as_default():
            self.meta = tf1.saved_model.load(self.session, ["serve"], folder)

    def run(self, signature, inputs):
        definition = self.meta.signature_def[signature]
        feeds = {definition.inputs[name].name: value for name, value in inputs.items()}
        return self.session.run({name: info.name for name, info in definition.outputs.items()}, feeds)


def example(rng):
    floats = lambda count: tf.train.Feature(float_list=tf.train.FloatList(value=rng.normal(size=count)))
    return tf.train.Example(features=tf.train.Features(feature={"x": floats(1), "x2": floats(1)})).SerializeToString()


def made_up(definition, rng):
    inputs = {}
    for name, info in definition.inputs.items():
        shape = [2] if info.tensor_shape.unknown_rank else [2 if dim.size < 0 else dim.size for dim in info.tensor_shape.dim]
        dtype = dtypes.as_dtype(info.dtype).as_numpy_dtype
        if info.dtype == tf.string.as_datatype_enum:
            inputs[name] = np.array([example(rng) for _ in range(int(np.prod(shape)))], object).reshape(shape)
        else:
            inputs[name] = (rng.normal(size=shape) * 3).astype(dtype)
    return inputs


def from_json(value):
    """Strings that are no text stand as {"b64": ...}."""
    if isinstance(value, list):
        return [from_json(item) for item in value]
    return base64.b64decode(value["b64"]) if isinstance(value, dict) else value


def as_arrays(definition, inputs):
    arrays = {}
    for name, value in inputs.items():
        dtype = dtypes.as_dtype(definition.inputs[name].dtype)
        arrays[name] = np.array(from_json(value), object if dtype == tf.string else dtype.as_numpy_dtype)
    return arrays


def attempt(model, signature, inputs):
    try:
        return model.run(signature, inputs)
    except Exception as error:
        return error


def is_same(a, b):
    if isinstance(a, Exception) or isinstance(b, Exception):
        return isinstance(a, Exception) and isinstance(b, Exception)
    return a.keys() == b.keys() and all(
        np.array_equal(a[name], b[name]) if np.asarray(a[name]).dtype.kind in "OSb" else np.allclose(a[name], b[name], 1e-5, 1e-6, equal_nan=True)
        for name in a
    )


def compare(folder):
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(["node", str(HERE / "saved-model-as-graph-def.mjs"), folder, scratch], check=True)
        frozen, original = Frozen(scratch), Original(folder)
    golden = pathlib.Path(folder).parent / "golden.json"
    requests = json.loads(golden.read_text()) if golden.exists() else []
    definitions = original.meta.signature_def
    if not isinstance(requests, list):
        requests = []
    calls = [(each["signature"], as_arrays(definitions[each["signature"]], each["inputs"])) for each in requests]
    rng = np.random.default_rng(1)
    if not calls:
        calls = [(name, made_up(definitions[name], rng)) for name in frozen.model["signatures"] if name in definitions for _ in range(2)]
    wrong = 0
    for signature, inputs in calls:
        expected, got = attempt(original, signature, inputs), attempt(frozen, signature, inputs)
        if not is_same(expected, got):
            wrong += 1
            print(f"  {signature}: expected {str(expected)[:1500]}\n    got {str(got)[:1500]}")
        elif isinstance(expected, Exception):
            print(f"  {signature}: fails in both: {str(expected)[:100]}")
    print(folder, f"{len(calls) - wrong} of {len(calls)} the same", frozen.model["refused"] or "")
    return wrong


if __name__ == "__main__":
    sys.exit(1 if sum(compare(folder) for folder in sys.argv[1:]) else 0)
