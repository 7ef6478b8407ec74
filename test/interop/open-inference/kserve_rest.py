"""kserve's InferenceRESTClient, for both of the protocols that it speaks. Usage: kserve_rest.py HTTP_HOST GRPC_HOST MODELS"""

import asyncio
import sys

import httpx
import numpy as np
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig

address = f"http://{sys.argv[1]}"
images = np.random.default_rng(1).random((4, 784), dtype=np.float32)


async def version_two():
    client = InferenceRESTClient(RESTConfig(protocol="v2"))
    assert await client.is_server_live(address) is True
    assert await client.is_server_ready(address) is True
    assert await client.is_model_ready(address, "digits") is True
    assert await client.is_model_ready(address, "nope") is False
    for binary in (True, False):
        image = InferInput("image", list(images.shape), "FP32")
        image.set_data_from_numpy(images, binary_data=binary)
        request = InferRequest(
            "digits",
            [image],
            request_id="7",
            parameters={"binary_data_output": binary},
        )
        answer = await client.infer(address, request, model_name="digits")
        assert answer.id == "7" and answer.model_name == "digits"
        outputs = {output.name: output.as_numpy() for output in answer.outputs}
        assert outputs["probabilities"].shape == (4, 10)
        assert np.allclose(outputs["probabilities"].sum(axis=1), 1, atol=1e-3)
    try:
        await client.infer(address, request, model_name="nope")
    except httpx.HTTPStatusError as error:
        assert error.response.status_code == 404 and "unknown model: 'nope'" in str(error), error
    else:
        raise AssertionError("expected an error")


async def version_one():
    client = InferenceRESTClient(RESTConfig(protocol="v1"))
    answer = await client.infer(address, {"instances": images.tolist()}, model_name="digits")
    assert len(answer["predictions"]) == 4, answer


asyncio.run(version_two())
asyncio.run(version_one())
