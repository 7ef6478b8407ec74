"""kserve's InferenceGRPCClient. Usage: kserve_grpc.py HTTP_HOST GRPC_HOST MODELS"""

import asyncio
import sys

import grpc
import numpy as np
from kserve import InferenceGRPCClient, InferInput, InferRequest

images = np.random.default_rng(1).random((4, 784), dtype=np.float32)


async def main():
    async with InferenceGRPCClient(sys.argv[2]) as client:
        assert await client.is_server_live() and await client.is_server_ready()
        assert await client.is_model_ready("digits")
        for data in (images, images.flatten().tolist()):
            image = InferInput("image", list(images.shape), "FP32", data=None if data is images else data)
            if data is images:
                image.set_data_from_numpy(images)
            answer = await client.infer(InferRequest("digits", [image], request_id="7"))
            assert answer.id == "7" and answer.model_name == "digits"
            outputs = {output.name: output.as_numpy() for output in answer.outputs}
            assert np.allclose(outputs["probabilities"].sum(axis=1), 1, atol=1e-3)
        try:
            await client.infer(InferRequest("nope", [image]))
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.NOT_FOUND, error
        else:
            raise AssertionError("expected an error")


asyncio.run(main())
