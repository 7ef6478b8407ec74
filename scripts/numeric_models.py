"""Models of sequences and of mathematics for make-saved-models.py."""

import numpy as np
import tensorflow as tf


def spec(shape, dtype=tf.float32, name=None):
    return tf.TensorSpec(shape, dtype, name=name)


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

        @tf.function(input_signature=[spec([None, 3], name="logits"), spec([None], tf.int32, name="labels")])
        def losses(self, logits, labels):
            return {
                "sparse": tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits),
                "dense": tf.nn.softmax_cross_entropy_with_logits(tf.one_hot(labels, 3) * 0.9 + 0.05, logits),
            }

    module = Numerics()
    names = ["matrices", "functions", "sequences", "losses"]
    tf.saved_model.save(module, folder, {name: getattr(module, name).get_concrete_function() for name in names})
    random = np.random.default_rng(5)
    a = (random.random([2, 3, 3]) + 2 * np.eye(3)).round(2)
    a[1] = a[1, [1, 0, 2]]
    return {
        "matrices": [{"a": a.tolist(), "b": random.random([2, 3, 2]).round(2).tolist()}],
        "functions": [{"x": [-2.5, -0.7, 0.0625, 0.5, 1.0, 2.25, 7.5, 12.0]}],
        "sequences": [{"x": random.random([2, 4, 3]).round(2).tolist(), "lengths": [4, 2]}],
        "losses": [{"logits": [[1.0, -2.0, 0.5], [0.0, 30.0, -30.0]], "labels": [0, 2]}],
    }
