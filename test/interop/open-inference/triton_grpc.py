"""tritonclient over gRPC, as its users call it. Usage: triton_grpc.py HTTP_HOST GRPC_HOST MODELS"""

import queue
import sys

import numpy as np
import tritonclient.grpc as grpc
from tritonclient.utils import InferenceServerException

_, address, models = sys.argv[1:4]
models = models.split(",")
client = grpc.InferenceServerClient(address)


def refused(call, text, status=None):
    try:
        call()
    except InferenceServerException as error:
        assert text in str(error), error
        assert status is None or error.status() == f"StatusCode.{status}", error.status()
    else:
        raise AssertionError(f"expected an error with {text!r}")


assert client.is_server_live() and client.is_server_ready()
assert client.get_server_metadata().name == "triton"
assert {entry.name for entry in client.get_model_repository_index().models} == set(models)

assert client.is_model_ready("digits") and not client.is_model_ready("nope")
assert list(client.get_model_metadata("digits").inputs[0].shape) == [-1, 784]
assert list(client.get_model_config("digits").config.input[0].dims) == [784]
images = np.random.default_rng(1).random((4, 784), dtype=np.float32)
image = grpc.InferInput("image", list(images.shape), "FP32").set_data_from_numpy(images)
result = client.infer("digits", [image], request_id="7", priority=1, timeout=10_000_000, client_timeout=30)
assert result.get_response().id == "7"
assert np.allclose(result.as_numpy("probabilities").sum(axis=1), 1, atol=1e-3)
outputs = [grpc.InferRequestedOutput("probabilities", class_count=2)]
best = client.infer("digits", [image], outputs=outputs, compression_algorithm="gzip").as_numpy("probabilities")
assert best.shape == (4, 2), best
assert [int(text.split(b":")[1]) for text in best[:, 0]] == result.as_numpy("digit").tolist()

answers = queue.Queue()
for _ in range(20):
    client.async_infer("digits", [image], lambda result, error: answers.put((result, error)))
for _ in range(20):
    got, error = answers.get(timeout=30)
    assert error is None and (got.as_numpy("digit") == result.as_numpy("digit")).all()

client.start_stream(lambda result, error: answers.put((result, error)))
for number in range(40):
    client.async_stream_infer("nope" if number == 20 else "digits", [image], request_id=str(number))
for number in range(40):
    got, error = answers.get(timeout=30)
    if number == 20:
        assert "Request for unknown model: 'nope' is not found" in str(error), error
    else:
        assert error is None and got.get_response().id == str(number), error
client.stop_stream()

statistics = client.get_inference_statistics("digits").model_stats
assert sum(each.inference_count for each in statistics) >= 80, statistics

refused(lambda: client.infer("nope", [image]), "Request for unknown model: 'nope' is not found", "NOT_FOUND")
refused(lambda: client.infer("digits", []), "missing required input(s) ['image']", "INVALID_ARGUMENT")
refused(lambda: client.infer("digits", [image], sequence_id=5), "sequence", "UNIMPLEMENTED")

if "simple" in models:
    first = np.arange(16, dtype=np.int32).reshape(1, 16)
    inputs = [grpc.InferInput(name, [1, 16], "INT32").set_data_from_numpy(first) for name in ("INPUT0", "INPUT1")]
    result = client.infer("simple", inputs)
    assert (result.as_numpy("OUTPUT0") == 2 * first).all() and not result.as_numpy("OUTPUT1").any()
    assert client.get_model_config("simple").config.max_batch_size == 8
    text = np.array([[str(number).encode() for number in range(16)]], dtype=np.object_)
    inputs = [grpc.InferInput(name, [1, 16], "BYTES").set_data_from_numpy(text) for name in ("INPUT0", "INPUT1")]
    result = client.infer("simple_string", inputs)
    assert result.as_numpy("OUTPUT0").astype(int).tolist() == [[2 * number for number in range(16)]]

client.unload_model("digits")
assert not client.is_model_ready("digits")
client.load_model("digits")
assert client.is_model_ready("digits")
refused(lambda: client.load_model("nope"), "failed to load")

assert client.get_trace_settings(as_json=True)["settings"]["trace_level"]["value"] == ["OFF"]
refused(lambda: client.update_log_settings({"log_verbose_level": 1}), "cannot be changed", "UNIMPLEMENTED")
client.unregister_system_shared_memory()
refused(lambda: client.register_system_shared_memory("r", "/r", 8), "not offered", "UNIMPLEMENTED")
