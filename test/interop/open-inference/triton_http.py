"""tritonclient over HTTP, as its users call it. Usage: triton_http.py HTTP_HOST GRPC_HOST MODELS"""

import sys

import numpy as np
import tritonclient.http as http
from tritonclient.utils import InferenceServerException

address, _, models = sys.argv[1:4]
models = models.split(",")
client = http.InferenceServerClient(address)


def refused(call, text):
    try:
        call()
    except InferenceServerException as error:
        assert text in str(error), error
    else:
        raise AssertionError(f"expected an error with {text!r}")


def add_and_subtract(binary, **options):
    """The model `simple`: two tensors of 16 numbers to their sum and difference."""
    first = np.arange(16, dtype=np.int32).reshape(1, 16)
    second = np.full((1, 16), 3, dtype=np.int32)
    inputs = [http.InferInput("INPUT0", [1, 16], "INT32"), http.InferInput("INPUT1", [1, 16], "INT32")]
    inputs[0].set_data_from_numpy(first, binary_data=binary)
    inputs[1].set_data_from_numpy(second, binary_data=binary)
    outputs = [
        http.InferRequestedOutput("OUTPUT0", binary_data=binary),
        http.InferRequestedOutput("OUTPUT1", binary_data=not binary),
    ]
    result = client.infer("simple", inputs, outputs=outputs, request_id="7", **options)
    assert (result.as_numpy("OUTPUT0") == first + second).all()
    assert (result.as_numpy("OUTPUT1") == first - second).all()
    assert result.get_response()["id"] == "7"


assert client.is_server_live() and client.is_server_ready()
assert client.get_server_metadata()["name"] == "triton"
assert client.get_server_metadata(query_params={"test_1": 1, "test_2": 2})["name"] == "triton"
index = client.get_model_repository_index()
assert {entry["name"] for entry in index} == set(models), index

# The digits: probabilities, classes, versions, and a batch.
assert client.is_model_ready("digits") and not client.is_model_ready("nope")
assert client.get_model_metadata("digits")["inputs"][0] == {"name": "image", "datatype": "FP32", "shape": [-1, 784]}
assert client.get_model_config("digits")["input"][0]["dims"] == [784]
images = np.random.default_rng(1).random((4, 784), dtype=np.float32)
image = http.InferInput("image", list(images.shape), "FP32")
for binary in (True, False):
    image.set_data_from_numpy(images, binary_data=binary)
    result = client.infer("digits", [image])
    assert result.as_numpy("probabilities").shape == (4, 10)
    assert np.allclose(result.as_numpy("probabilities").sum(axis=1), 1, atol=1e-3)
    versioned = client.infer("digits", [image], model_version=result.get_response()["model_version"])
    assert (versioned.as_numpy("digit") == result.as_numpy("digit")).all()
    top = client.infer("digits", [image], outputs=[http.InferRequestedOutput("probabilities", class_count=3)])
    best = top.as_numpy("probabilities")
    assert best.shape == (4, 3), best
    assert [int(text.split(b":")[1]) for text in best[:, 0]] == result.as_numpy("digit").tolist(), best
waiting = [client.async_infer("digits", [image], priority=1, timeout=10_000_000) for _ in range(20)]
assert all(each.get_result().as_numpy("digit").shape == (4,) for each in waiting)
statistics = client.get_inference_statistics("digits")["model_stats"]
assert sum(each["inference_count"] for each in statistics) >= 80, statistics
assert statistics[0]["inference_stats"]["success"]["count"] > 0

refused(lambda: client.infer("nope", [image]), "Request for unknown model: 'nope' is not found")
refused(lambda: client.infer("digits", []), "missing required input(s) ['image']")
refused(lambda: client.infer("digits", [image], sequence_id=5, sequence_start=True), "sequence")
refused(lambda: client.infer("digits", [http.InferInput("image", [1, 784], "INT32").set_data_from_numpy(
    np.zeros((1, 784), dtype=np.int32))]), "data-type is 'INT32', but model 'digits' expects 'FP32'")

if "simple" in models:
    for binary in (True, False):
        add_and_subtract(binary)
        for encoding in ("gzip", "deflate"):
            add_and_subtract(
                binary, request_compression_algorithm=encoding, response_compression_algorithm=encoding
            )
    assert client.get_model_config("simple")["max_batch_size"] == 8
    text = np.array([[str(number).encode() for number in range(16)]], dtype=np.object_)
    for binary in (True, False):
        inputs = [http.InferInput(name, [1, 16], "BYTES") for name in ("INPUT0", "INPUT1")]
        for each in inputs:
            each.set_data_from_numpy(text, binary_data=binary)
        result = client.infer("simple_string", inputs)
        assert result.as_numpy("OUTPUT0").astype(int).tolist() == [[2 * number for number in range(16)]]

# Loading and unloading, in a server that has all of them loaded.
client.unload_model("digits")
assert not client.is_model_ready("digits")
refused(lambda: client.infer("digits", [image]), "Request for unknown model")
client.load_model("digits")
assert client.is_model_ready("digits")
refused(lambda: client.load_model("nope"), "failed to load")
refused(lambda: client.load_model("digits", config='{"max_batch_size": "16"}'), "failed to load")

# Settings and shared memory.
assert client.get_trace_settings()["trace_level"] == ["OFF"]
assert client.get_trace_settings("digits") == client.get_trace_settings()
assert client.get_log_settings()["log_info"] is True
refused(lambda: client.update_trace_settings(settings={"trace_level": ["TENSORS"]}), "cannot be changed")
refused(lambda: client.update_log_settings({"log_verbose_level": 1}), "cannot be changed")
assert client.get_system_shared_memory_status() == []
client.unregister_system_shared_memory()
refused(lambda: client.register_system_shared_memory("r", "/r", 8), "not offered")
