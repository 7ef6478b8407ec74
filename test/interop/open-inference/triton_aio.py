"""tritonclient with asyncio, over HTTP and gRPC. Usage: triton_aio.py HTTP_HOST GRPC_HOST MODELS"""

import asyncio
import sys

import numpy as np
import tritonclient.grpc.aio as grpc
import tritonclient.http.aio as http

http_address, grpc_address, _ = sys.argv[1:4]
images = np.random.default_rng(1).random((4, 784), dtype=np.float32)


async def converse(module, address):
    async with module.InferenceServerClient(address) as client:
        assert await client.is_server_live() and await client.is_server_ready()
        assert await client.is_model_ready("digits")
        image = module.InferInput("image", list(images.shape), "FP32")
        image.set_data_from_numpy(images)
        results = await asyncio.gather(*(client.infer("digits", [image]) for _ in range(20)))
        assert all(result.as_numpy("probabilities").shape == (4, 10) for result in results)


async def stream():
    async with grpc.InferenceServerClient(grpc_address) as client:
        image = grpc.InferInput("image", list(images.shape), "FP32")
        image.set_data_from_numpy(images)

        async def requests():
            for number in range(10):
                yield {"model_name": "digits", "inputs": [image], "request_id": str(number)}

        ids = []
        async for result, error in client.stream_infer(requests()):
            assert error is None, error
            ids.append(result.get_response().id)
        assert ids == [str(number) for number in range(10)], ids


async def main():
    await converse(http, http_address)
    await converse(grpc, grpc_address)
    await stream()


asyncio.run(main())
