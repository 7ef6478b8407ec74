"""Models of images for make-saved-models.py."""

import io
import struct
import zlib

import numpy as np
import tensorflow as tf

tf1 = tf.compat.v1


def spec(shape, dtype=tf.float32, name=None):
    return tf.TensorSpec(shape, dtype, name=name)


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
