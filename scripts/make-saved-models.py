#!/usr/bin/env python3
"""Writes the small SavedModels of libraries/saved-model/test/models, with what TensorFlow answers in golden.json beside each.

By hand, where the models are to change: python -m venv venv && venv/bin/pip install tensorflow-cpu==2.21.0 pillow==13.0.0 &&
venv/bin/python scripts/make-saved-models.py libraries/saved-model/test/models [name...]
"""

import base64
import io
import json
import os
import pathlib
import re
import shutil
import struct
import sys
import zlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy as np
import tensorflow as tf

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


def images(folder):
    """Images as files: batches of them as image classifiers are exported to take them, and every format and option by itself."""
    from PIL import Image

    class Images(tf.Module):
        def __init__(self):
            self.kernel = tf.Variable(np.tile(np.eye(3, dtype=np.float32), [16, 1]), name="kernel")

        @tf.function(input_signature=[spec([None], tf.string, name="image_bytes")])
        def serve(self, image_bytes):
            def prepare(data):
                image = tf.image.convert_image_dtype(tf.io.decode_jpeg(data, channels=3), tf.float32)
                return tf.image.resize(image, [4, 4])

            batch = tf.map_fn(prepare, image_bytes, fn_output_signature=tf.float32)
            scores = tf.nn.softmax(tf.reshape(batch, [-1, 48]) @ self.kernel)
            return {"classes": tf.gather(["red", "green", "blue"], tf.argmax(scores, 1)), "probabilities": scores}

        @tf.function(input_signature=[spec([], tf.string, name="file")])
        def jpeg(self, file):
            return {
                "as_it_is": tf.io.decode_jpeg(file),
                "grey": tf.io.decode_jpeg(file, channels=1),
                "half": tf.io.decode_jpeg(file, ratio=2),
                "plain": tf.io.decode_jpeg(file, fancy_upscaling=False),
                "accurate": tf.io.decode_jpeg(file, dct_method="INTEGER_ACCURATE"),
                "part": tf.io.decode_and_crop_jpeg(file, [1, 2, 3, 4], fancy_upscaling=False),
                "shape": tf.io.extract_jpeg_shape(file),
                "wide": tf.io.decode_image(file, dtype=tf.uint16),
            }

        @tf.function(input_signature=[spec([], tf.string, name="file")])
        def png(self, file):
            return {
                "as_it_is": tf.io.decode_png(file),
                "grey": tf.io.decode_png(file, channels=1),
                "clear": tf.io.decode_png(file, channels=4),
                "wide": tf.io.decode_png(file, channels=3, dtype=tf.uint16),
            }

        @tf.function(input_signature=[spec([], tf.string, name="file")])
        def any(self, file):
            return {
                "as_it_is": tf.io.decode_image(file),
                "still": tf.io.decode_image(file, channels=3, expand_animations=False),
                "float": tf.io.decode_image(file, dtype=tf.float32),
            }

        @tf.function(input_signature=[spec([], tf.string, name="file")])
        def gif(self, file):
            return {"frames": tf.io.decode_gif(file)}

    def file(image, format, **options):
        written = io.BytesIO()
        image.save(written, format, **options)
        return written.getvalue()

    def interlaced(pixels, palette):
        """A PNG of a palette, four bits a pixel, in seven passes."""
        rows = b""
        for left, top, across, down in [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]:
            for row in pixels[top::down, left::across]:
                digits = "".join(f"{index:x}" for index in row)
                rows += b"\0" + bytes.fromhex(digits + "0" * (len(digits) % 2)) if digits else b""
        height, width = pixels.shape
        parts = {b"IHDR": struct.pack(">IIBBBBB", width, height, 4, 3, 0, 0, 1), b"PLTE": palette, b"tRNS": b"\x40", b"IDAT": zlib.compress(rows), b"IEND": b""}
        chunks = [struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts.items()]
        return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)

    module = Images()
    names = {"serving_default": "serve", "jpeg": "jpeg", "png": "png", "any": "any", "gif": "gif"}
    tf.saved_model.save(module, folder, {name: getattr(module, method).get_concrete_function() for name, method in names.items()})
    y, x = np.mgrid[0:7, 0:9]
    noise = np.random.randint(0, 256, [7, 9, 4], np.uint8)
    colours = Image.fromarray(np.stack([x * 28, y * 36, (x + y) * 16], -1).astype(np.uint8))
    indexed = colours.quantize(8)
    moved = indexed.copy()
    moved.paste(3, (2, 1, 6, 4))
    plain = [Image.new("RGB", (32, 24), colour) for colour in ("#d01020", "#10c030", "#2010e0")]
    return {
        "serving_default": [{"image_bytes": [file(image, "JPEG") for image in plain] + [file(plain[2], "PNG")]}, {"image_bytes": [file(colours, "JPEG")]}],
        "jpeg": [
            {"file": file(colours, "JPEG", quality=80)},
            {"file": file(Image.fromarray(noise[:, :, :3]), "JPEG", quality=60, subsampling=1, progressive=True)},
            {"file": file(Image.fromarray(noise[:, :, 0]), "JPEG")},
        ],
        "png": [
            {"file": file(Image.fromarray(noise), "PNG")},
            {"file": interlaced(noise[:, :, 0] // 32, noise[:, :3].tobytes())},
            {"file": file(Image.fromarray(noise[:, :, 0].astype(np.uint16) * 201), "PNG")},
        ],
        "any": [
            {"file": file(colours, "JPEG", quality=95, subsampling=0)},
            {"file": file(Image.fromarray(noise[:, :, :3]).convert("CMYK"), "JPEG", quality=90)},
            {"file": file(Image.fromarray(noise[:, :, :3]), "BMP")},
            {"file": file(indexed, "GIF", save_all=True, append_images=[moved])},
        ],
        "gif": [{"file": file(indexed, "GIF", save_all=True, append_images=[moved])}],
    }


def classic_images(folder):
    """TensorFlow 1: a batch of images as files, decoded in a loop of nodes over arrays of tensors, as the official ResNets take them."""
    with tf.Graph().as_default(), tf1.Session() as session:
        tf1.disable_control_flow_v2()
        image_bytes = tf1.placeholder(tf.string, [None], name="input_tensor")

        def prepare(data):
            image = tf.cast(tf1.image.decode_jpeg(data, channels=3), tf.float32)
            image = tf1.image.resize_images(image, [6, 6], tf1.image.ResizeMethod.BILINEAR)
            return tf1.image.resize_image_with_crop_or_pad(image, 4, 4) - tf.constant([123.68, 116.78, 103.94])

        batch = tf1.map_fn(prepare, image_bytes, dtype=tf.float32)
        batch.set_shape([None, 4, 4, 3])
        kernel = tf1.get_variable("kernel", initializer=tf.constant(np.random.normal(0, 0.01, [3, 3, 3, 5]).astype(np.float32)))
        features = tf.nn.relu(tf.nn.conv2d(batch, kernel, 1, "SAME"))
        scores = tf.nn.softmax(tf.reduce_mean(features, [1, 2]), name="softmax_tensor")
        session.run(tf1.global_variables_initializer())
        tf1.saved_model.simple_save(session, folder, {"image_bytes": image_bytes}, {"classes": tf.argmax(scores, 1), "probabilities": scores})
    tf1.enable_control_flow_v2()
    pictures = np.random.randint(0, 256, [2, 3, 4, 3], np.uint8).repeat(6, 1).repeat(6, 2)
    return {"serving_default": [{"image_bytes": [tf.io.encode_jpeg(picture, quality=90).numpy() for picture in pictures]}]}


def vision(folder):
    """What image models do besides layers: sizes, colours, boxes, patches, volumes."""

    class Vision(tf.Module):
        @tf.function(input_signature=[spec([None, None, None, 2], name="image")])
        def resize(self, image):
            def other(method, size=(5, 9), antialias=False):
                return tf.image.resize(image, size, method, antialias=antialias)

            raw = tf.raw_ops
            return {
                "bicubic": other("bicubic"),
                "bicubic_smaller": other("bicubic", (3, 2)),
                "bicubic_legacy": raw.ResizeBicubic(images=image, size=[5, 9]),
                "bicubic_aligned": raw.ResizeBicubic(images=image, size=[7, 3], align_corners=True),
                "area": other("area"),
                "area_smaller": other("area", (3, 2)),
                "lanczos": other("lanczos3"),
                "lanczos_smooth": other("lanczos5", (3, 2), True),
                "gaussian": other("gaussian", (3, 2), True),
                "mitchell": other("mitchellcubic", (3, 7), True),
                "bilinear_smooth": other("bilinear", (3, 2), True),
                "bicubic_smooth": other("bicubic", (2, 3), True),
                "moved": raw.ScaleAndTranslate(images=image, size=[4, 4], scale=[0.5, 1.5], translation=[1.0, -2.0]),
                "whole": raw.ResizeArea(images=tf.cast(image * 10.0, tf.uint8), size=[2, 2]),
            }

        @tf.function(input_signature=[spec([None, None, None, 3], name="image")])
        def colours(self, image):
            return {
                "hsv": tf.image.rgb_to_hsv(image),
                "rgb": tf.image.hsv_to_rgb(image),
                "hue": tf.image.adjust_hue(image, 0.3),
                "saturation": tf.image.adjust_saturation(image, 1.7),
                "contrast": tf.image.adjust_contrast(image, 2.0),
                "patches": tf.image.extract_patches(image, [1, 3, 2, 1], [1, 2, 1, 1], [1, 1, 2, 1], "SAME"),
                "inner_patches": tf.image.extract_patches(image, [1, 2, 2, 1], [1, 1, 1, 1], [1, 1, 1, 1], "VALID"),
            }

        @tf.function(input_signature=[spec([None, None, None, 4], name="boxes"), spec([None, None, None], name="scores")])
        def detect(self, boxes, scores):
            # TensorFlow ends its process where these have other ranks.
            boxes, scores = tf.ensure_shape(boxes, [None, None, None, 4]), tf.ensure_shape(scores, [None, None, None])
            combined = tf.image.combined_non_max_suppression
            some = combined(boxes, scores, 2, 5, iou_threshold=0.4, score_threshold=0.2)
            padded = combined(boxes, scores, 1, 9, iou_threshold=0.4, score_threshold=0.2, pad_per_class=True, clip_boxes=False)
            return {
                **{f"{name}": value for name, value in some._asdict().items()},
                **{f"padded_{name}": value for name, value in padded._asdict().items()},
                "overlaps": tf.image.non_max_suppression_overlaps(boxes[0, :, 0, :1] * boxes[0, :, 0, 1], scores[0, :, 0], 3, 0.05, 0.1),
                "first": tf.raw_ops.NonMaxSuppression(boxes=boxes[0, :, 0], scores=scores[0, :, 0], max_output_size=3, iou_threshold=0.3),
            }

        @tf.function(input_signature=[spec([1, 2, 2, 3, 2], name="volume")])
        def volume(self, volume):
            kernel = tf.reshape(tf.range(48, dtype=tf.float32) / 48.0, [2, 2, 2, 3, 2])
            return {
                "wider": tf.nn.conv3d_transpose(volume, kernel, [1, 4, 4, 6, 3], 2),
                "same": tf.nn.conv3d_transpose(volume, kernel, [1, 2, 2, 3, 3], 1),
                "valid": tf.nn.conv3d_transpose(volume, kernel, [1, 3, 3, 4, 3], 1, "VALID"),
            }

    module = Vision()
    names = ["resize", "colours", "detect", "volume"]
    tf.saved_model.save(module, folder, {name: getattr(module, name).get_concrete_function() for name in names})
    random = np.random.default_rng(3)
    colours = random.random([1, 3, 4, 3]).round(3)
    colours[0, 0] = [[0, 0, 0], [1, 1, 1], [0.5, 0.5, 0.5], [1, 0, 0]]
    corners = random.random([2, 6, 3, 2]).round(2)
    return {
        "resize": [{"image": random.random([1, 6, 5, 2]).round(3).tolist()}, {"image": random.random([1, 1, 2, 2]).round(3).tolist()}],
        "colours": [{"image": colours.tolist()}],
        "detect": [
            {"boxes": np.concatenate([corners, corners + 0.4], -1).round(2).tolist(), "scores": random.random([2, 6, 3]).round(3).tolist()},
            {"boxes": np.concatenate([corners, corners + 0.4], -1)[:1, :, :1].round(2).tolist(), "scores": random.random([1, 6, 3]).round(3).tolist()},
        ],
        "volume": [{"volume": random.random([1, 2, 2, 3, 2]).round(3).tolist()}],
    }


def sequence_examples(folder):
    """Examples of several steps, in each of the ops that read them."""
    io = tf.io

    class SequenceExamples(tf.Module):
        @tf.function(input_signature=[spec([None], tf.string, name="examples")])
        def batch(self, examples):
            context, lists, lengths = io.parse_sequence_example(
                examples,
                {"id": io.FixedLenFeature([], tf.int64, 7), "tags": io.VarLenFeature(tf.string), "parts": io.RaggedFeature(tf.float32)},
                {
                    "points": io.FixedLenSequenceFeature([2], tf.float32),
                    "notes": io.FixedLenSequenceFeature([], tf.string, allow_missing=True),
                    "words": io.VarLenFeature(tf.string),
                    "rows": io.RaggedFeature(tf.int64),
                },
            )
            return {**context, **lists, **{f"{name}_lengths": each for name, each in lengths.items()}}

        @tf.function(input_signature=[spec([None], tf.string, name="examples")])
        def first(self, examples):
            raw = tf.raw_ops.ParseSequenceExample(
                serialized=examples,
                debug_name=[],
                context_dense_defaults=[tf.constant([], tf.int64)],
                feature_list_dense_missing_assumed_empty=["notes"],
                context_sparse_keys=["tags"],
                context_sparse_types=[tf.string],
                context_dense_keys=["id"],
                context_dense_shapes=[[]],
                feature_list_sparse_keys=["words"],
                feature_list_sparse_types=[tf.string],
                feature_list_dense_keys=["notes", "points"],
                feature_list_dense_types=[tf.string, tf.float32],
                feature_list_dense_shapes=[[], [2]],
                Ncontext_sparse=1,
                Ncontext_dense=1,
                Nfeature_list_sparse=1,
                Nfeature_list_dense=2,
            )
            return {
                "tags": raw.context_sparse_values[0],
                "id": raw.context_dense_values[0],
                "places": raw.feature_list_sparse_indices[0],
                "words": raw.feature_list_sparse_values[0],
                "notes": raw.feature_list_dense_values[0],
                "points": raw.feature_list_dense_values[1],
                "lengths": raw.feature_list_dense_lengths[1],
            }

        @tf.function(input_signature=[spec([], tf.string, name="example")])
        def single(self, example):
            context, lists = io.parse_single_sequence_example(
                example,
                {"id": io.FixedLenFeature([], tf.int64), "tags": io.VarLenFeature(tf.string)},
                {"points": io.FixedLenSequenceFeature([2], tf.float32), "words": io.VarLenFeature(tf.string)},
            )
            return {**context, **lists}

    def feature(values):
        train = tf.train
        if isinstance(values[0], str):
            return train.Feature(bytes_list=train.BytesList(value=[value.encode() for value in values]))
        if isinstance(values[0], int):
            return train.Feature(int64_list=train.Int64List(value=values))
        return train.Feature(float_list=train.FloatList(value=values))

    def example(context, lists):
        train = tf.train
        return train.SequenceExample(
            context=train.Features(feature={name: feature(values) for name, values in context.items()}),
            feature_lists=train.FeatureLists(
                feature_list={name: train.FeatureList(feature=[feature(each) for each in steps]) for name, steps in lists.items()}
            ),
        ).SerializeToString(deterministic=True)

    module = SequenceExamples()
    names = ["batch", "first", "single"]
    tf.saved_model.save(module, folder, {name: getattr(module, name).get_concrete_function() for name in names})
    one = example(
        {"id": [3], "tags": ["a", "b"], "parts": [0.5, 1.5]},
        {"points": [[1.0, 2.0], [3.0, 4.0]], "notes": [["x"]], "words": [["the", "cat"], ["sat"]], "rows": [[1, 2], [3]]},
    )
    two = example({"id": [5], "tags": ["c"]}, {"points": [[5.0, 6.0]], "words": [["on"]], "rows": [[4]]})
    three = example({"parts": [2.5]}, {"points": []})
    return {
        "batch": [{"examples": [one, two, three]}, {"examples": [two, three]}],
        "first": [{"examples": [one, two]}],
        "single": [{"example": one}, {"example": two}],
    }


def numerics(folder):
    """Equations of matrices, functions of analysis and probability, sequences, and numbers of few bits."""

    class Numerics(tf.Module):
        @tf.function(input_signature=[spec([None, 3, 3], name="a"), spec([None, 3, 2], name="b")])
        def matrices(self, a, b):
            square = tf.linalg.matmul(a, a, transpose_a=True) + tf.eye(3)
            sign, log = tf.linalg.slogdet(a)
            return {
                "inverse": tf.linalg.inv(a),
                "adjoint": tf.linalg.inv(a, adjoint=True),
                "solution": tf.linalg.solve(a, b),
                "lower": tf.linalg.triangular_solve(a, b),
                "upper": tf.linalg.triangular_solve(a, b, lower=False, adjoint=True),
                "root": tf.linalg.cholesky(square),
                "determinant": tf.linalg.det(a),
                "sign": sign,
                "log": log,
            }

        @tf.function(input_signature=[spec([None], name="x")])
        def functions(self, x):
            return {
                "lgamma": tf.math.lgamma(x),
                "digamma": tf.math.digamma(x),
                "erfinv": tf.math.erfinv(tf.tanh(x / 8.0)),
                "ndtri": tf.math.ndtri(tf.sigmoid(x / 4.0)),
                "sums": tf.math.cumulative_logsumexp(tf.stack([x, -x]), axis=1),
                "sums_before": tf.exp(tf.math.cumulative_logsumexp(tf.stack([x, -x]), axis=0, exclusive=True, reverse=True)),
                "eighths": tf.quantization.fake_quant_with_min_max_args(x, -1.0, 2.0, 3),
                "narrow": tf.quantization.fake_quant_with_min_max_vars(x, -0.7, 1.1, 8, True),
                "channels": tf.quantization.fake_quant_with_min_max_vars_per_channel(tf.stack([x, -x], -1), [-1.0, 0.0], [1.0, 0.0]),
            }

        @tf.function(input_signature=[spec([2, 4, 3], name="x"), spec([2], tf.int32, name="lengths")])
        def sequences(self, x, lengths):
            (decoded,), cost = tf.nn.ctc_greedy_decoder(tf.transpose(x, [1, 0, 2]), lengths)
            kept, places = tf.raw_ops.ListDiff(x=tf.strings.as_string(lengths), y=["2"])
            return {
                "turned": tf.reverse_sequence(x, lengths, 1),
                "turned_first": tf.reverse_sequence(tf.transpose(x, [1, 2, 0]), lengths, 0, 2),
                "decoded": decoded,
                "cost": cost,
                "kept": kept,
                "places": places,
            }

    module = Numerics()
    names = ["matrices", "functions", "sequences"]
    tf.saved_model.save(module, folder, {name: getattr(module, name).get_concrete_function() for name in names})
    random = np.random.default_rng(5)
    a = (random.random([2, 3, 3]) + 2 * np.eye(3)).round(2)
    a[1] = a[1, [1, 0, 2]]
    return {
        "matrices": [{"a": a.tolist(), "b": random.random([2, 3, 2]).round(2).tolist()}],
        "functions": [{"x": [-2.5, -0.7, 0.0625, 0.5, 1.0, 2.25, 7.5, 12.0]}],
        "sequences": [{"x": random.random([2, 4, 3]).round(2).tolist(), "lengths": [4, 2]}],
    }


MODELS = [
    affine, counter, loops, tables, hub_module, classic, text, composite, complex_numbers, preprocessing, structures, images, classic_images,
    vision, sequence_examples, numerics,
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
