"""TensorFlow Serving's own Python API, every call of it. Usage: tensorflow_serving_client.py ADDRESS IMAGE DIGITS HALF

ADDRESS serves `digits` with two versions, of which the label `small` is 1, and `half`: y = 0.5 x + 2. IMAGE is a file with a handwritten
seven; DIGITS and HALF are the folders of those models, for a configuration that names them otherwise.
"""

import json
import sys

import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_management_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
)

address, image_file, digits, half = sys.argv[1:]
channel = grpc.insecure_channel(address)
predictions = prediction_service_pb2_grpc.PredictionServiceStub(channel)
models = model_service_pb2_grpc.ModelServiceStub(channel)

REGRESS = "tensorflow/serving/regress"
CLASSIFY = "tensorflow/serving/classify"

with open(image_file) as file:
    image = np.array(json.load(file)["instances"], np.float32).reshape(1, 784)


def refused(call, code, text):
    try:
        call()
    except grpc.RpcError as error:
        assert error.code() == code and text in error.details(), error
    else:
        raise AssertionError(f"expected {code} with {text!r}")


def predict(tensor, name="digits", label=None, signature="", outputs=()):
    request = predict_pb2.PredictRequest()
    request.model_spec.name = name
    request.model_spec.signature_name = signature
    if label is not None:
        request.model_spec.version_label = label
    request.inputs["image"].CopyFrom(tensor)
    request.output_filter.extend(outputs)
    return predictions.Predict(request, timeout=30)


def examples(*values):
    features = [tf.train.Feature(float_list=tf.train.FloatList(value=[x])) for x in values]
    return [tf.train.Example(features=tf.train.Features(feature={"x": feature})) for feature in features]


def predicts():
    content = tf.make_tensor_proto(image)
    values = tf.make_tensor_proto(image)
    values.ClearField("tensor_content")
    values.float_val.extend(image.ravel().tolist())

    answer = predict(content)
    assert tf.make_ndarray(answer.outputs["digit"]).tolist() == [7]
    assert tf.make_ndarray(answer.outputs["probabilities"]).shape == (1, 10)
    spec = answer.model_spec
    assert (spec.name, spec.version.value, spec.signature_name) == ("digits", 2, "serving_default")

    answer = predict(values, label="small", outputs=["digit"])
    assert answer.model_spec.version.value == 1 and list(answer.outputs) == ["digit"]
    assert list(answer.outputs["digit"].int64_val) == [7]

    code = grpc.StatusCode
    refused(lambda: predict(content, name="nobody"), code.NOT_FOUND, "Servable not found for request: Latest(nobody)")
    refused(lambda: predict(tf.make_tensor_proto(image[:, :3])), code.INVALID_ARGUMENT, "[-1,784]")
    refused(lambda: predict(content, signature="other"), code.FAILED_PRECONDITION, 'key "other" not found')
    refused(lambda: predict(content, outputs=["nothing"]), code.INVALID_ARGUMENT, "alias not found in signature: nothing")
    refused(lambda: predict(content, label="large"), code.INVALID_ARGUMENT, "Unrecognized servable version label: large")


def classifies():
    request = classification_pb2.ClassificationRequest()
    request.model_spec.name = "half"
    request.input.example_list.examples.extend(examples(2, 80))
    answer = predictions.Classify(request, timeout=30)
    assert [[each.score for each in one.classes] for one in answer.result.classifications] == [[3], [42]], answer
    assert answer.model_spec.version.value == 1

    request.input.Clear()
    refused(lambda: predictions.Classify(request), grpc.StatusCode.INVALID_ARGUMENT, "Input is empty")


def regresses():
    request = regression_pb2.RegressionRequest()
    request.model_spec.name = "half"
    with_context = request.input.example_list_with_context
    with_context.context.CopyFrom(examples(2)[0])
    with_context.examples.extend([tf.train.Example(), examples(80)[0]])
    answer = predictions.Regress(request, timeout=30)
    assert [each.value for each in answer.result.regressions] == [3, 42], answer

    request.model_spec.signature_name = "other"
    refused(lambda: predictions.Regress(request), grpc.StatusCode.INVALID_ARGUMENT, "other")


def infers_several():
    request = inference_pb2.MultiInferenceRequest()
    task = request.tasks.add(method_name=REGRESS)
    task.model_spec.name = "half"
    request.input.example_list.examples.extend(examples(2))
    (result,) = predictions.MultiInference(request, timeout=30).results
    assert result.WhichOneof("result") == "regression_result"
    assert [each.value for each in result.regression_result.regressions] == [3]
    assert result.model_spec.name == "half" and result.model_spec.version.value == 1

    request.tasks.add(method_name=CLASSIFY).model_spec.name = "digits"
    refused(lambda: predictions.MultiInference(request), grpc.StatusCode.INVALID_ARGUMENT, "must access the same model name")


def tells_metadata():
    request = get_model_metadata_pb2.GetModelMetadataRequest()
    request.model_spec.name = "digits"
    request.model_spec.version_label = "small"
    request.metadata_field.append("signature_def")
    answer = predictions.GetModelMetadata(request, timeout=30)
    assert answer.model_spec.version.value == 1 and list(answer.metadata) == ["signature_def"]
    signatures = get_model_metadata_pb2.SignatureDefMap()
    assert answer.metadata["signature_def"].Unpack(signatures)
    signature = signatures.signature_def["serving_default"]
    assert list(signature.inputs) == ["image"] and signature.inputs["image"].dtype == tf.float32.as_datatype_enum
    assert [dim.size for dim in signature.inputs["image"].tensor_shape.dim] == [-1, 784]

    request.metadata_field[0] = "some_stuff"
    refused(lambda: predictions.GetModelMetadata(request), grpc.StatusCode.INVALID_ARGUMENT, "some_stuff")


def states_of(name, version=None):
    request = get_model_status_pb2.GetModelStatusRequest()
    request.model_spec.name = name
    if version is not None:
        request.model_spec.version.value = version
    statuses = models.GetModelStatus(request, timeout=30).model_version_status
    return [(each.version, each.state, each.status.error_code) for each in statuses]


def tells_states():
    available = get_model_status_pb2.ModelVersionStatus.AVAILABLE
    assert states_of("digits") == [(2, available, 0), (1, available, 0)]
    assert states_of("digits", 1) == [(1, available, 0)]
    refused(lambda: states_of("nobody"), grpc.StatusCode.NOT_FOUND, "Could not find any versions of model nobody")
    refused(lambda: states_of("digits", 9), grpc.StatusCode.NOT_FOUND, "Could not find version 9 of model digits")


def replaces_models():
    request = model_management_pb2.ReloadConfigRequest()
    for name, path in (("numbers", digits), ("half", half)):
        request.config.model_config_list.config.add(name=name, base_path=path, model_platform="tensorflow")
    answer = models.HandleReloadConfigRequest(request, timeout=60)
    assert answer.status.error_code == 0, answer
    assert tf.make_ndarray(predict(tf.make_tensor_proto(image), name="numbers").outputs["digit"]).tolist() == [7]
    regresses()
    refused(lambda: predict(tf.make_tensor_proto(image)), grpc.StatusCode.UNAVAILABLE, "Servable not found")

    request.config.model_config_list.config.add(name="not/a name", base_path=half)
    refused(lambda: models.HandleReloadConfigRequest(request), grpc.StatusCode.INVALID_ARGUMENT, "not/a name")


predicts()
classifies()
regresses()
infers_several()
tells_metadata()
tells_states()
replaces_models()
