import { Metadata, status } from "@grpc/grpc-js";
import {
  GRPCInferenceServiceDefinition,
  ModelInferRequest,
  type ModelStreamInferResponse,
} from "@plinth/protobuf-messages/inference/grpc_service";
import { afterEach, describe, expect, it } from "vitest";
import { floatsOf, InferenceUnderTest, rawFloats } from "./inference-client.js";

const { methods } = GRPCInferenceServiceDefinition;

let grpc: InferenceUnderTest;

afterEach(async () => {
  await expect.poll(() => grpc.server.held).toBe(0);
  await grpc[Symbol.asyncDispose]();
});

const X = { name: "x", datatype: "FP32", shape: [2n] };

function raw(values: readonly number[], more: object = {}): object {
  return { modelName: "echo", id: "7", inputs: [X], rawInputContents: [rawFloats(...values)], ...more };
}

describe("ModelInfer", () => {
  it("takes raw contents, and gives such", async () => {
    grpc = await InferenceUnderTest.start();
    const answer = await grpc.call(methods.modelInfer, raw([1, 2]));
    expect(answer).toMatchObject({ modelName: "echo", modelVersion: "1", id: "7" });
    expect(answer.outputs).toMatchObject([{ name: "y", datatype: "FP32", shape: [2n], contents: undefined }]);
    expect(answer.rawOutputContents.map(floatsOf)).toEqual([[1, 2]]);
  });

  it("takes contents by their type, and gives raw ones", async () => {
    grpc = await InferenceUnderTest.start();
    const inputs = [{ ...X, contents: { fp32Contents: [3, 4] } }];
    const answer = await grpc.call(methods.modelInfer, { modelName: "echo", modelVersion: "1", inputs });
    expect(answer.rawOutputContents.map(floatsOf)).toEqual([[3, 4]]);
    expect(grpc.server.lastTarget).toMatchObject({ model: "echo", version: 1n });
  });

  it("reads raw contents as views of the message", async () => {
    grpc = await InferenceUnderTest.start();
    const values = Array.from({ length: 100_000 }, (_, index) => index);
    const inputs = [{ ...X, shape: [100_000n] }];
    await grpc.call(methods.modelInfer, { modelName: "echo", inputs, rawInputContents: [rawFloats(...values)] });
    const data = grpc.server.lastCall?.inputs.get("x")?.data as Float32Array;
    expect(data[99_999]).toBe(99_999);
  });

  it("takes a word for a version as a label", async () => {
    grpc = await InferenceUnderTest.start();
    await grpc.call(methods.modelInfer, raw([1, 2], { modelVersion: "canary" }));
    expect(grpc.server.lastTarget).toMatchObject({ model: "echo", label: "canary" });
  });

  it("may want classes", async () => {
    grpc = await InferenceUnderTest.start();
    const parameters = new Map([["classification", { parameterChoice: { $case: "int64Param", value: 1n } }]]);
    const answer = await grpc.call(methods.modelInfer, raw([1, 2], { outputs: [{ name: "y", parameters }] }));
    expect(answer.outputs).toMatchObject([{ name: "y", datatype: "BYTES", shape: [1n] }]);
    expect(Buffer.from(answer.rawOutputContents[0] ?? []).toString("latin1")).toBe("\n\0\0\x002.000000:1");
  });

  it.each<[string, object, number, string]>([
    [
      "an unknown model",
      raw([1, 2], { modelName: "nope" }),
      status.NOT_FOUND,
      "Request for unknown model: 'nope' is not found",
    ],
    ["no model", raw([1, 2], { modelName: "" }), status.INVALID_ARGUMENT, "Expected the name of a model"],
    ["a version past int64", raw([1, 2], { modelVersion: "9".repeat(20) }), status.INVALID_ARGUMENT, "past int64"],
    ["no inputs", { modelName: "echo" }, status.INVALID_ARGUMENT, "missing required input(s) ['x']"],
    [
      "another datatype",
      raw([1, 2], { inputs: [{ ...X, datatype: "INT32" }] }),
      status.INVALID_ARGUMENT,
      "data-type is 'INT32'",
    ],
    [
      "an unknown datatype",
      raw([1, 2], { inputs: [{ ...X, datatype: "F32" }] }),
      status.INVALID_ARGUMENT,
      'unknown datatype "F32"',
    ],
    [
      "a negative length",
      raw([1, 2], { inputs: [{ ...X, shape: [-1n] }] }),
      status.INVALID_ARGUMENT,
      "Unable to parse 'shape'",
    ],
    ["too few bytes", raw([1]), status.INVALID_ARGUMENT, "input byte size mismatch for input 'x'"],
    [
      "raw contents of no input",
      raw([1, 2], { rawInputContents: [rawFloats(1, 2), rawFloats(1)] }),
      status.INVALID_ARGUMENT,
      "expected raw_input_contents for each of the 1 inputs, got 2",
    ],
    [
      "contents twice",
      raw([1, 2], { inputs: [{ ...X, contents: { fp32Contents: [1] } }] }),
      status.INVALID_ARGUMENT,
      "contents field must not be specified when using raw_input_contents",
    ],
    [
      "too few elements",
      { modelName: "echo", inputs: [{ ...X, contents: { fp32Contents: [1] } }] },
      status.INVALID_ARGUMENT,
      "expected 2 for its shape, got 1",
    ],
    [
      "a type without contents",
      { modelName: "echo", inputs: [{ ...X, datatype: "FP16" }] },
      status.INVALID_ARGUMENT,
      "has no field in contents",
    ],
    [
      "a sequence",
      raw([1, 2], { parameters: new Map([["sequence_id", { parameterChoice: { $case: "int64Param", value: 5n } }]]) }),
      status.UNIMPLEMENTED,
      "asks for a sequence",
    ],
    [
      "shared memory",
      raw([1, 2], {
        inputs: [
          {
            ...X,
            parameters: new Map([["shared_memory_region", { parameterChoice: { $case: "stringParam", value: "r" } }]]),
          },
        ],
      }),
      status.UNIMPLEMENTED,
      "Shared memory is not offered",
    ],
  ])("refuses %s", async (_what, request, code, message) => {
    grpc = await InferenceUnderTest.start();
    await expect(grpc.call(methods.modelInfer, request)).rejects.toMatchObject({
      code,
      details: expect.stringContaining(message),
    });
    await expect.poll(() => grpc.server.refusals.length).toBeGreaterThan(0);
  });

  it("tells of an overload", async () => {
    grpc = await InferenceUnderTest.start();
    grpc.server.isOverloaded = true;
    await expect(grpc.call(methods.modelInfer, raw([1, 2]))).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED });
  });
});

describe("ModelStreamInfer", () => {
  /** Sends all, and gathers what comes until the end. */
  async function exchange(requests: readonly object[], metadata = new Metadata()): Promise<ModelStreamInferResponse[]> {
    const answers: ModelStreamInferResponse[] = [];
    const stream = grpc.stream(metadata);
    for (const request of requests) stream.write(request);
    stream.end();
    for await (const answer of stream) answers.push(answer as ModelStreamInferResponse);
    return answers;
  }

  it("answers each request in its turn, and errors among them", async () => {
    grpc = await InferenceUnderTest.start();
    const requests = Array.from({ length: 100 }, (_, index) => raw([index, 0], { id: String(index) }));
    requests[40] = raw([1], { id: "40" });
    const answers = await exchange(requests);
    expect(answers.map(({ inferResponse }) => inferResponse?.id)).toEqual(requests.map((_, index) => String(index)));
    expect(answers.map(({ errorMessage }) => errorMessage !== "").indexOf(true)).toBe(40);
    expect(answers[40]?.errorMessage).toContain("input byte size mismatch");
    expect(floatsOf(answers[99]?.inferResponse?.rawOutputContents[0])).toEqual([99, 0]);
    expect(answers[0]?.inferResponse?.parameters.get("triton_final_response")?.parameterChoice?.value).toBe(true);
  });

  it("ends with the status of an error where the client wants that", async () => {
    grpc = await InferenceUnderTest.start();
    const metadata = new Metadata();
    metadata.set("triton_grpc_error", "true");
    await expect(exchange([raw([1, 2], { modelName: "nope" })], metadata)).rejects.toMatchObject({
      code: status.NOT_FOUND,
      details: "Request for unknown model: 'nope' is not found",
    });
  });

  it("of no requests ends", async () => {
    grpc = await InferenceUnderTest.start();
    expect(await exchange([])).toEqual([]);
  });
});

describe("a request as bytes", () => {
  it("takes unpacked shapes and contents, as old writers have them", async () => {
    grpc = await InferenceUnderTest.start();
    const shape = [0x18, 2];
    const contents = [0x2a, 10, 0x35, 0, 0, 128, 63, 0x35, 0, 0, 0, 64];
    const input = Buffer.concat([
      Buffer.from([0x0a, 1]),
      Buffer.from("x"),
      Buffer.from([0x12, 4]),
      Buffer.from("FP32"),
      Buffer.from([...shape, ...contents]),
    ]);
    const request = Buffer.concat([
      Buffer.from([0x0a, 4]),
      Buffer.from("echo"),
      Buffer.from([0x2a, input.length]),
      input,
    ]);
    const bytes = {
      ...methods.modelInfer,
      requestType: {
        ...ModelInferRequest,
        fromPartial: () => ({}) as ModelInferRequest,
        encode: () => ({ finish: () => request }),
      },
    };
    expect((await grpc.call(bytes)).rawOutputContents.map(floatsOf)).toEqual([[1, 2]]);
  });

  it("is refused where it is none", async () => {
    grpc = await InferenceUnderTest.start();
    for (const junk of [[0x0a, 200, 1], [0x2a, 2, 0x0a, 9], [0x0b], [0x22, 4, 0x12, 2, 0x21, 1]]) {
      const bytes = {
        ...methods.modelInfer,
        requestType: {
          ...ModelInferRequest,
          fromPartial: () => ({}) as ModelInferRequest,
          encode: () => ({ finish: () => Buffer.from([0x0a, 4, ...Buffer.from("echo"), ...junk]) }),
        },
      };
      await expect(grpc.call(bytes)).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
    }
  });
});
