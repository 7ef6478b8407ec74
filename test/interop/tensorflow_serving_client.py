"""Asks a server with TensorFlow Serving's own Python API and prints what it says as one line of JSON."""

import json
import sys

import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

address, example = sys.argv[1:]
channel = grpc.insecure_channel(address)
predictions = prediction_service_pb2_grpc.PredictionServiceStub(channel)
models = model_service_pb2_grpc.ModelServiceStub(channel)

with open(example) as file:
    image = np.array(json.load(file)["instances"], np.float32).reshape(1, 784)


def predict(tensor, name="digits", label=None, outputs=()):
    request = predict_pb2.PredictRequest()
    request.model_spec.name = name
    if label is not None:
        request.model_spec.version_label = label
    request.inputs["image"].CopyFrom(tensor)
    request.output_filter.extend(outputs)
    return predictions.Predict(request, timeout=30)


def failure(call):
    try:
        call()
    except grpc.RpcError as error:
        return [error.code().name, error.details()]
    return None


content = tf.make_tensor_proto(image)
values = tf.make_tensor_proto(image)
values.ClearField("tensor_content")
values.float_val.extend(image.ravel().tolist())

by_content = predict(content)
by_values = predict(values, label="small", outputs=["digit"])

metadata = get_model_metadata_pb2.GetModelMetadataRequest()
metadata.model_spec.name = "digits"
metadata.metadata_field.append("signature_def")
signatures = get_model_metadata_pb2.SignatureDefMap()
predictions.GetModelMetadata(metadata).metadata["signature_def"].Unpack(signatures)

status = get_model_status_pb2.GetModelStatusRequest()
status.model_spec.name = "digits"

print(
    json.dumps(
        {
            "digit": tf.make_ndarray(by_content.outputs["digit"]).tolist(),
            "probabilities": tf.make_ndarray(by_content.outputs["probabilities"]).shape,
            "version": by_content.model_spec.version.value,
            "small": [by_values.model_spec.version.value, sorted(by_values.outputs), by_values.outputs["digit"].int64_val[0]],
            "signature": sorted(signatures.signature_def["serving_default"].inputs),
            "states": [
                [each.version, each.state, each.status.error_code]
                for each in models.GetModelStatus(status).model_version_status
            ],
            "missing": failure(lambda: predict(content, name="nobody")),
            "wrong": failure(lambda: predict(tf.make_tensor_proto(image[:, :3]))),
        }
    )
)
