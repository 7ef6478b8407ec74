#!/usr/bin/env python3
"""Writes the small SavedModels of libraries/saved-model/test/models, with what TensorFlow answers in golden.json beside each.

By hand, where the models are to change: python -m venv venv && venv/bin/pip install tensorflow-cpu==2.21.0 pillow==13.0.0 &&
venv/bin/python scripts/make-saved-models.py libraries/saved-model/test/models [name...]
"""

import base64
import json
import os
import pathlib
import re
import shutil
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy as np
import tensorflow as tf

import image_models
import numeric_models

tf1 = tf.compat.v1


def spec(shape, dtype=tf.float32, name=None):
    return tf.TensorSpec(shape, dtype, name=name)


def affine(folder):
    """Two signatures that share a variable, one of them with a default; a branch that reads a variable; an assertion."""

    class Affine(tf.Module):
        def __init__(self):
            self.weight = tf.Variable([[1.0, -2.0], [0.5, 3.0]], name="weight")
            self.bias = tf.Variable([0.25, -1.0], name="bias")

        @tf.function
        def scaled(self, x):
            return tf.linalg.matmul(x, self.weight)

        @tf.function(input_signature=[spec([None, 2], name="x"), spec([], name="scale")])
        def serve(self, x, scale):
            tf.debugging.assert_greater(scale, 0.0)
            return {"y": self.scaled(x) * scale + self.bias}

        @tf.function(input_signature=[spec([None, 2], name="x"), spec([], tf.bool, name="negate")])
        def choose(self, x, negate):
            if negate:
                result = -self.scaled(x)
            else:
                result = x * self.bias
            return {"y": result, "x": x}

    module = Affine()
    signatures = {
        "serving_default": module.serve.get_concrete_function(),
        "choose": module.choose.get_concrete_function(),
    }
    tf.saved_model.save(module, folder, signatures)
    add_default(folder, "serving_default", "scale", tf.make_tensor_proto(2.0, tf.float32))
    return {
        "serving_default": [{"x": [[1.0, 2.0], [3.0, 4.0]], "scale": 0.5}],
        "choose": [{"x": [[1.0, 2.0]], "negate": True}, {"x": [[1.0, 2.0]], "negate": False}],
    }


def add_default(folder, signature, name, tensor):
    from tensorflow.core.protobuf import saved_model_pb2

    path = pathlib.Path(folder) / "saved_model.pb"
    model = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    model.meta_graphs[0].signature_def[signature].defaults[name].CopyFrom(tensor)
    path.write_bytes(model.SerializeToString(deterministic=True))


def counter(folder):
    """A variable that signatures change, one that nothing changes, and the order of changes within one call."""

    class Counter(tf.Module):
        def __init__(self):
            self.total = tf.Variable(10.0, name="total")
            self.step = tf.Variable(1.0, name="step")

        @tf.function(input_signature=[])
        def get(self):
            return {"total": self.total.read_value()}

        @tf.function(input_signature=[spec([], name="times")])
        def add(self, times):
            before = self.total.read_value()
            self.total.assign_add(self.step * times)
            between = self.total.read_value()
            self.total.assign_add(self.step)
            return {"before": before, "between": between, "after": self.total.read_value()}

        @tf.function(input_signature=[spec([], tf.int32, name="n")])
        def loop(self, n):
            for _ in tf.range(n):
                if self.total > 12.0:
                    self.total.assign_sub(self.step)
                else:
                    self.total.assign_add(2.0)
            return {"done": n}

    module = Counter()
    names = ["get", "add", "loop"]
    tf.saved_model.save(module, folder, {name: getattr(module, name).get_concrete_function() for name in names})
    return {"add": [{"times": 3.0}], "loop": [{"n": 5}], "get": [{}]}


def loops(folder):
    """While and Case with captured variables, nested; a list of tensors."""

    class Loops(tf.Module):
        def __init__(self):
            self.matrix = tf.Variable([[0.5, 0.25], [-0.25, 1.0]], name="matrix")

        @tf.function(input_signature=[spec([None, 2], name="x"), spec([], tf.int32, name="n")])
        def serve(self, x, n):
            def step(i, value):
                value = tf.cond(i % 2 == 0, lambda: value @ self.matrix, lambda: value + self.matrix[0])
                return i + 1, value

            _, looped = tf.while_loop(lambda i, _: i < n, step, [0, x], shape_invariants=[tf.TensorShape([]), tf.TensorShape([None, 2])])
            branch = tf.switch_case(n, [lambda: looped, lambda: looped * 2.0, lambda: looped @ self.matrix])
            array = tf.TensorArray(tf.float32, size=3, element_shape=[])
            for i in tf.range(3):
                array = array.write(i, tf.reduce_sum(looped) * tf.cast(i, tf.float32))
            values, indices = tf.math.top_k(tf.reduce_sum(branch, axis=1), k=1)
            return {"looped": looped, "branch": branch, "array": array.stack(), "top": values, "place": indices}

    module = Loops()
    tf.saved_model.save(module, folder, {"serving_default": module.serve.get_concrete_function()})
    return {"serving_default": [{"x": [[1.0, 2.0], [3.0, 4.0]], "n": n} for n in (0, 1, 2, 5)]}


def tables(folder):
    """Tables from constants, from a text file that is an asset, and one that is mutable and restored from the checkpoint."""
    vocabulary = pathlib.Path(folder).parent / "vocabulary.txt"
    vocabulary.write_text("red\ngreen\nblue\n")

    class Tables(tf.Module):
        def __init__(self):
            lookup = tf.lookup
            self.numbers = lookup.StaticHashTable(
                lookup.KeyValueTensorInitializer(["one", "two", "three"], tf.constant([1, 2, 3], tf.int64)), -1
            )
            self.colours = lookup.StaticVocabularyTable(
                lookup.TextFileInitializer(
                    str(vocabulary), tf.string, lookup.TextFileIndex.WHOLE_LINE, tf.int64, lookup.TextFileIndex.LINE_NUMBER
                ),
                num_oov_buckets=1,
            )
            self.ages = lookup.experimental.MutableHashTable(tf.string, tf.float32, default_value=-1.0)
            self.ages.insert(["ada", "alan"], [36.0, 41.0])
            self.names = tf.Variable(["x", "", "\u00e9t\u00e9"], name="names")

        @tf.function(input_signature=[spec([None], tf.string, name="word")])
        def serve(self, word):
            return {
                "number": self.numbers.lookup(word),
                "colour": self.colours.lookup(word),
                "age": self.ages.lookup(word),
                "name": tf.strings.join([word, self.names[2]], "-"),
            }

    module = Tables()
    tf.saved_model.save(module, folder, {"serving_default": module.serve.get_concrete_function()})
    vocabulary.unlink()
    return {"serving_default": [{"word": ["one", "red", "blue", "ada", "nobody"]}]}


def hub_module(folder):
    """No signature: a callable object with arguments that are no tensors, and two variables of one name."""

    class Layer(tf.Module):
        def __init__(self, value):
            self.kernel = tf.Variable(value, name="kernel")

    class HubModule(tf.Module):
        def __init__(self):
            self.first = Layer([[1.0, 2.0], [3.0, 4.0]])
            self.second = Layer([[-1.0], [2.0]])
            self.table = tf.lookup.StaticHashTable(
                tf.lookup.KeyValueTensorInitializer(["a", "b"], tf.constant([5.0, 7.0])), 0.0
            )

        @tf.function
        def __call__(self, inputs, training=False):
            hidden = inputs @ self.first.kernel
            return hidden @ self.second.kernel + (100.0 if training else 0.0)

        @tf.function(input_signature=[{"words": spec([None], tf.string), "scale": spec([])}])
        def encode(self, features):
            return {"code": self.table.lookup(features["words"]) * features["scale"], "words": features["words"]}

    module = HubModule()
    for training in (True, False):
        module.__call__.get_concrete_function(spec([None, 2]), training=training)
    tf.saved_model.save(module, folder, signatures={})
    return {}


def classic(folder):
    """TensorFlow 1: references, partitioned variables in several checkpoint slices, conditions and loops as nodes, a table, two tags."""
    vocabulary = pathlib.Path(folder).parent / "words.txt"
    vocabulary.write_text("apple\t0.5\nbanana\t1.5\ncherry\t2.5\n")
    with tf.Graph().as_default(), tf1.Session() as session:
        tf1.disable_control_flow_v2()
        x = tf1.placeholder(tf.float32, [None, 3], name="x")
        word = tf1.placeholder(tf.string, [None], name="word")
        index = tf1.placeholder_with_default(tf.constant([0, 7, 9]), [None], name="index")
        flag = tf1.placeholder(tf.bool, [], name="flag")
        embedding = tf1.get_variable(
            "embedding",
            initializer=tf.constant(np.arange(30, dtype=np.float32).reshape(10, 3)),
            partitioner=tf1.fixed_size_partitioner(3),
            use_resource=False,
        )
        resource = tf1.get_variable("resource", initializer=tf.constant([1.0, 2.0, 3.0]), use_resource=True)
        counted = tf1.get_variable("counted", initializer=tf.constant(0.0), use_resource=False)
        rows = tf1.nn.embedding_lookup(embedding, index, partition_strategy="div", name="rows")
        chosen = tf1.cond(flag, lambda: x * resource, lambda: x + 1.0)
        looped = tf1.while_loop(lambda i, _: i < 3, lambda i, value: (i + 1, value + resource), [0, chosen])[1]
        lookup = tf.lookup.StaticHashTable(
            tf.lookup.TextFileInitializer(str(vocabulary), tf.string, 0, tf.float32, 1), -1.0
        )
        price = lookup.lookup(word)
        increment = tf1.assign_add(counted, tf.reduce_sum(looped))
        session.run([tf1.global_variables_initializer(), tf1.tables_initializer()])

        def signature(inputs, outputs):
            info = tf1.saved_model.build_tensor_info
            return tf1.saved_model.build_signature_def(
                {name: info(tensor) for name, tensor in inputs.items()},
                {name: info(tensor) for name, tensor in outputs.items()},
                "tensorflow/serving/predict",
            )

        signatures = {
            "serving_default": signature({"x": x, "flag": flag}, {"y": looped}),
            "rows": signature({"index": index}, {"rows": rows}),
            "price": signature({"word": word}, {"price": price}),
            "count": signature({"x": x, "flag": flag}, {"total": increment}),
            "default_rows": signature({}, {"rows": rows}),
        }
        builder = tf1.saved_model.builder.SavedModelBuilder(folder)
        assets = tf1.get_collection(tf1.GraphKeys.ASSET_FILEPATHS)
        builder.add_meta_graph_and_variables(
            session, ["serve"], signatures, assets, main_op=tf1.tables_initializer()
        )
        builder.add_meta_graph(["serve", "other"], {"other": signatures["rows"]})
        builder.save()
    tf1.enable_control_flow_v2()
    vocabulary.unlink()
    x = [[1.0, 2.0, 3.0], [-1.0, 0.0, 1.0]]
    return {
        "serving_default": [{"x": x, "flag": True}, {"x": x, "flag": False}],
        "rows": [{"index": [0, 3, 4, 9]}],
        "price": [{"word": ["apple", "cherry", "nothing"]}],
        "count": [{"x": x, "flag": True}, {"x": x, "flag": True}],
        "default_rows": [{}],
    }


def text(folder):
    """What TextVectorization and StringLookup of Keras export."""
    vectorize = tf.keras.layers.TextVectorization(output_sequence_length=5, ngrams=2)
    vectorize.adapt(["the cat sat", "the dog sat down", "a cat and a dog"])
    lookup = tf.keras.layers.StringLookup(vocabulary=["x", "y"], output_mode="multi_hot")

    class Text(tf.Module):
        def __init__(self):
            self.vectorize = vectorize
            self.lookup = lookup

        @tf.function(input_signature=[spec([None], tf.string, name="text"), spec([None, 2], tf.string, name="letters")])
        def serve(self, text, letters):
            return {"tokens": self.vectorize(text), "hot": self.lookup(letters)}

    module = Text()
    tf.saved_model.save(module, folder, {"serving_default": module.serve.get_concrete_function()})
    return {"serving_default": [{"text": ["The cat!", "a dog sat"], "letters": [["x", "z"], ["y", "x"]]}]}


def composite(folder):
    """Ragged and sparse tensors as inputs, which TensorFlow itself takes apart, and as outputs."""

    class Composite(tf.Module):
        @tf.function(input_signature=[spec([None], tf.string, name="text")])
        def split(self, text):
            words = tf.strings.split(text)
            letters = tf.strings.unicode_split(words, "UTF-8")
            return {"words": words, "letters": letters, "sparse": words.to_sparse(), "count": words.row_lengths()}

        @tf.function(input_signature=[tf.RaggedTensorSpec([None, None], tf.float32), tf.SparseTensorSpec([None, 3], tf.float32)])
        def mix(self, rows, places):
            return {"sums": tf.reduce_sum(rows, axis=1), "dense": tf.sparse.to_dense(places), "doubled": rows * 2.0}

    module = Composite()
    signatures = {name: getattr(module, name).get_concrete_function() for name in ("split", "mix")}
    tf.saved_model.save(module, folder, signatures)
    return {
        "split": [{"text": ["the cat", "", "\u00e9t\u00e9"]}],
        "mix": [
            {
                "rows": [1.0, 2.0, 3.0],
                "rows_1": [0, 2, 2, 3],
                "places": [[0, 1], [1, 2]],
                "places_1": [5.0, 6.0],
                "places_2": [2, 3],
            }
        ],
    }


def complex_numbers(folder):
    """Complex numbers in and out, as weights, and inside."""

    class Complex(tf.Module):
        def __init__(self):
            self.kernel = tf.Variable(tf.complex([[1.0, 2.0], [3.0, 4.0]], [[0.5, -1.0], [0.0, 1.0]]), name="kernel")

        @tf.function(input_signature=[spec([None, 2], tf.complex64, name="x")])
        def serve(self, x):
            product = x @ self.kernel
            return {
                "product": product,
                "adjoint": tf.linalg.matmul(x, self.kernel, adjoint_b=True),
                "conjugate": tf.math.conj(x),
                "length": tf.abs(x),
                "angle": tf.math.angle(x),
                "spectrum": tf.signal.fft(x),
                "quotient": x / self.kernel[0],
                "column": product[:, 1],
                "wide": tf.cast(tf.concat([x, -x], 1), tf.complex128) * 2.0,
                "same": tf.equal(x, product),
                "sum": tf.reduce_sum(x * x, axis=0),
            }

        @tf.function(input_signature=[spec([None, 8], name="signal")])
        def filter(self, signal):
            spectrum = tf.signal.rfft(signal)
            kept = tf.where(tf.abs(spectrum) > 2.0, spectrum, tf.zeros_like(spectrum))
            return {"power": tf.math.real(kept * tf.math.conj(kept)), "signal": tf.signal.irfft(kept)}

    module = Complex()
    tf.saved_model.save(module, folder, {name: getattr(module, name).get_concrete_function() for name in ("serve", "filter")})
    return {
        "serve": [{"x": [[1 + 2j, -3 + 0.5j], [0.25j, 2 - 1j]]}],
        "filter": [{"signal": [[1.0, 2.0, 0.0, -1.0, 3.0, 0.5, 0.25, -2.0]]}],
    }


def preprocessing(folder):
    """What layers of Keras that prepare features export, beside those of `text`."""
    layers = tf.keras.layers
    words = layers.TextVectorization(output_mode="tf_idf", max_tokens=6)
    words.adapt(["the cat sat", "the dog sat down", "a cat and a dog"])
    letters = layers.TextVectorization(split="character", standardize=None, vocabulary=["a", "b", "\u00e9"])

    class Preprocessing(tf.Module):
        def __init__(self):
            self.words = words
            self.letters = letters
            self.salted = layers.Hashing(num_bins=7, salt=[133, 137])
            self.crossing = layers.HashedCrossing(num_bins=5)
            self.bins = layers.Discretization(bin_boundaries=[0.0, 1.0, 2.0])
            self.names = layers.StringLookup(vocabulary=["x", "y"], invert=True)

        @tf.function(input_signature=[spec([None], tf.string, name="text"), spec([None], name="age"), spec([None], tf.int64, name="id")])
        def serve(self, text, age, id):
            return {
                "weights": self.words(text),
                "letters": self.letters(text),
                "hashed": self.salted(text),
                "crossed": self.crossing((text, id)),
                "bin": self.bins(age),
                "name": self.names(id),
            }

    module = Preprocessing()
    tf.saved_model.save(module, folder, {"serving_default": module.serve.get_concrete_function()})
    return {"serving_default": [{"text": ["The cat!", "b\u00e9"], "age": [-0.5, 1.0], "id": [2, 1]}]}


def structures(folder):
    """Ops on sparse and ragged tensors, diagonals, and places."""

    class Structures(tf.Module):
        @tf.function(input_signature=[spec([None, 4], name="x")])
        def sparse(self, x):
            x = tf.sparse.from_dense(x)
            ids = tf.sparse.map_values(lambda values: tf.cast(tf.abs(values), tf.int64), x)
            return {
                "product": tf.sparse.sparse_dense_matmul(x, tf.ones([4, 2])),
                "sum": tf.sparse.reduce_sum(x, 1),
                "largest": tf.sparse.reduce_max(x, 0, keepdims=True),
                "twice": tf.sparse.to_dense(tf.sparse.concat(0, [x, x])),
                "turned": tf.sparse.transpose(x).values,
                "part": tf.sparse.to_dense(tf.sparse.slice(x, [0, 1], [1, 2])),
                "embedded": tf.nn.safe_embedding_lookup_sparse(tf.ones([5, 2]), ids, combiner="sqrtn"),
            }

        @tf.function(input_signature=[spec([None, 4], name="x")])
        def places(self, x):
            matrices = tf.linalg.diag(x)
            ragged = tf.ragged.boolean_mask(x, x > 0.0)
            unique, index, count = tf.unique_with_counts(tf.reshape(tf.cast(x, tf.int32), [-1]))
            return {
                "rolled": tf.roll(x, [1, -1], [0, 1]),
                "diagonal": tf.linalg.diag_part(matrices, k=0) + tf.linalg.diag_part(tf.linalg.set_diag(matrices, x * 2.0)),
                "added": tf.tensor_scatter_nd_add(x, [[0]], [[1.0, 2.0, 3.0, 4.0]]),
                "largest": tf.tensor_scatter_nd_max(x, [[1, 1]], [9.0]),
                "unique": unique,
                "index": index,
                "count": count,
                "rows": tf.gather(ragged, [1, 0, 1]),
                "range": tf.ragged.range([2, 3], [4, 9], [1, 4]),
                "sparse": ragged.to_sparse(),
            }

        @tf.function(input_signature=[spec([None], tf.string, name="text")])
        def strings(self, text):
            array = tf.TensorArray(tf.string, size=0, dynamic_size=True, element_shape=[])
            for index in tf.range(tf.size(text)):
                array = array.write(index, text[index] + "!")
            return {
                "called": array.stack(),
                "turned": tf.where(text == "", "nothing", tf.reverse(text, [0])),
                "upper": tf.map_fn(tf.strings.upper, text),
                "hashed": tf.strings.to_hash_bucket_strong(text, 1000, [1, 2]),
                "clean": tf.strings.unicode_transcode(text, "UTF-8", "UTF-8", replace_control_characters=True),
                "characters": tf.strings.unicode_split(text, "UTF-8"),
            }

    module = Structures()
    names = ["sparse", "places", "strings"]
    tf.saved_model.save(module, folder, {name: getattr(module, name).get_concrete_function() for name in names})
    x = [[1.0, 0.0, -2.0, 3.0], [0.0, 4.0, 1.0, 0.0]]
    return {"sparse": [{"x": x}], "places": [{"x": x}], "strings": [{"text": ["a\tb", "", "\u00e9\U0001f600"]}]}


MODELS = [
    affine, counter, loops, tables, hub_module, classic, text, composite, complex_numbers, preprocessing, structures,
    image_models.images, image_models.classic_images, image_models.vision, numeric_models.sequence_examples, numeric_models.numerics,
]  # fmt: skip


def plain(value):
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, complex):
        return [value.real, value.imag]
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return {"b64": base64.b64encode(value).decode()}
    return value


def tensors_of(name, info):
    """The names of the tensors that an input or output is, as they are called where it is several."""
    if info.WhichOneof("encoding") == "name":
        return {name: info.name}
    if info.WhichOneof("encoding") == "coo_sparse":
        sparse = info.coo_sparse
        names = {"indices": sparse.indices_tensor_name, "values": sparse.values_tensor_name, "dense_shape": sparse.dense_shape_tensor_name}
        return {f"{name}/{part}": tensor for part, tensor in names.items()}
    values, *splits = info.composite_tensor.components
    parts = {"row_splits": splits[0]} if len(splits) == 1 else {f"row_splits_{index}": each for index, each in enumerate(splits)}
    return {f"{name}/{part}": each.name for part, each in {"values": values, **parts}.items()}


def ports_of(infos):
    return {path: tensor for name, info in infos.items() for path, tensor in tensors_of(name, info).items()}


def fed(value):
    """Strings as they are: numpy's own lose zeros at their end."""
    array = np.array(value)
    return np.array(value, object) if array.dtype.kind in "US" else array


def answers(folder, requests):
    """What TensorFlow gives for all requests, one after the other on one loaded model."""
    with tf.Graph().as_default(), tf1.Session() as session:
        meta = tf1.saved_model.load(session, ["serve"], folder)
        golden = []
        for signature, inputs in ((name, each) for name, all in requests.items() for each in all):
            definition = meta.signature_def[signature]
            feeds = {definition.inputs[name].name: fed(value) for name, value in inputs.items()}
            outputs = session.run(ports_of(definition.outputs), feeds)
            golden.append({"signature": signature, "inputs": plain(inputs), "outputs": {k: plain(np.asarray(v)) for k, v in sorted(outputs.items())}})
        return golden


def main():
    root = pathlib.Path(sys.argv[1])
    wanted = sys.argv[2:]
    for make in MODELS:
        name = make.__name__
        if wanted and name not in wanted:
            continue
        folder = root / name / "1"
        shutil.rmtree(root / name, ignore_errors=True)
        folder.parent.mkdir(parents=True)
        np.random.seed(1)
        tf.random.set_seed(1)
        requests = make(str(folder))
        if requests:
            golden = answers(str(folder), requests)
            written = re.sub(r"\[([-\d.e,\s]+)\]", lambda row: f"[{' '.join(row[1].split())}]", json.dumps(golden, indent=1))
            (root / name / "golden.json").write_text(written + "\n")
        print(name, sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()), "bytes")


if __name__ == "__main__":
    main()
