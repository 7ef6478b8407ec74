import { PlinthError, type Tensor } from "@plinth/core";
import type { InferenceRequest } from "@plinth/open-inference";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeInfer } from "../../src/open-inference/decode.js";
import { elements } from "../tensorflow-serving/decoding.js";

function decode(body: string, ...raw: Uint8Array[]): InferenceRequest {
  const json = Buffer.from(body);
  return raw.length === 0 ? decodeInfer(json) : decodeInfer(Buffer.concat([json, ...raw]), json.length);
}

function failure(body: string, ...raw: Uint8Array[]): PlinthError {
  try {
    decode(body, ...raw);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(PlinthError);
    return thrown as PlinthError;
  }
  throw new Error("expected an error");
}

/** The only input, with plain values. */
function only(body: string, ...raw: Uint8Array[]): unknown {
  const { inputs } = decode(body, ...raw);
  expect(inputs).toHaveLength(1);
  const [input] = inputs;
  const tensor = input?.tensor as Tensor;
  return { name: input?.name, dtype: tensor.dtype, shape: tensor.shape, data: elements(tensor) };
}

const input = (parts: string) => `{"inputs": [{"name": "x", ${parts}}]}`;

describe("an infer request in JSON", () => {
  it.each<[string, string, unknown]>([
    [
      "flat",
      '"shape": [2, 2], "datatype": "FP32", "data": [1, 2.5, NaN, 4]',
      { dtype: "float32", shape: [2, 2], data: [1, 2.5, Number.NaN, 4] },
    ],
    [
      "nested",
      '"shape": [2, 2], "datatype": "INT8", "data": [[1, -2], [3, 4]]',
      { dtype: "int8", shape: [2, 2], data: [1, -2, 3, 4] },
    ],
    [
      "nested as the shape says",
      '"shape": [1, 1, 2], "datatype": "INT64", "data": [[[9007199254740993, 1]]]',
      { dtype: "int64", shape: [1, 1, 2], data: [9007199254740993n, 1n] },
    ],
    [
      "ahead of its datatype and shape",
      '"data": [true, false], "datatype": "BOOL", "shape": [2]',
      { dtype: "bool", shape: [2], data: [1, 0] },
    ],
    [
      "of text",
      '"shape": [2], "datatype": "BYTES", "data": ["a\\u00e9", {"b64": "aGk="}]',
      { dtype: "string", shape: [2], data: ["aé", "hi"] },
    ],
    ["of a scalar", '"shape": [], "datatype": "FP64", "data": [0.5]', { dtype: "float64", shape: [], data: [0.5] }],
    ["of a bare scalar", '"shape": [], "datatype": "FP64", "data": 0.5', { dtype: "float64", shape: [], data: [0.5] }],
    [
      "of half precision",
      '"shape": [1], "datatype": "FP16", "data": [1]',
      { dtype: "float16", shape: [1], data: [0x3c00] },
    ],
    ["of nothing", '"shape": [0, 3], "datatype": "FP32", "data": []', { dtype: "float32", shape: [0, 3], data: [] }],
    [
      "beside what means nothing",
      '"extra": {"a": [1]}, "shape": [1], "datatype": "UINT8", "parameters": {"p": 1}, "data": [255]',
      { dtype: "uint8", shape: [1], data: [255] },
    ],
  ])("may have data %s", (_how, parts, expected) => {
    expect(only(input(parts))).toEqual({ name: "x", ...(expected as object) });
  });

  it("has an id, parameters and outputs", () => {
    const request = decode(`{"id": "i\\n1", "parameters": {"priority": 1, "mine": "x", "yes": true}, "inputs": [],
      "outputs": [{"name": "y", "parameters": {"binary_data": true}}, {"name": "z"}], "more": null}  `);
    expect(request.id).toBe("i\n1");
    expect([...request.parameters]).toEqual([
      ["priority", 1],
      ["mine", "x"],
      ["yes", true],
    ]);
    expect(request.outputs.map(({ name, parameters }) => [name, ...parameters])).toEqual([
      ["y", ["binary_data", true]],
      ["z"],
    ]);
  });

  it.each<[string, string, string]>([
    ["empty", "", "The document is empty at offset: 0"],
    ["no object", "[1]", "expected an object"],
    [
      "cut off",
      '{"inputs": [{"name": "x", "shape": [1], "datatype": "FP32", "data": [1',
      "JSON Parse error: Missing a comma or ]",
    ],
    [
      "followed by more",
      `${input('"shape": [1], "datatype": "FP32", "data": [1]')} {}`,
      "The document has ended at offset",
    ],
    ["wrong behind what can be read", '{"inputs": [], "id": tru}', "JSON Parse error: Invalid value"],
    ["without inputs", '{"id": "1"}', "Unable to parse 'inputs': the request has none"],
    ["with inputs that are no list", '{"inputs": {}}', "Unable to parse 'inputs': expected a list, got {}"],
    ["with an input that is no object", '{"inputs": [1]}', "every element of 'inputs' to be an object"],
    ["without a name", '{"inputs": [{"shape": [1], "datatype": "FP32", "data": [1]}]}', "Every input needs a 'name'"],
    ["with a name that is no string", '{"inputs": [{"name": 1}]}', "Expected 'name' to be a string, got 1"],
    ["without a datatype", input('"shape": [1], "data": [1]'), "Input 'x' needs a 'datatype'"],
    ["with an unknown datatype", input('"shape": [1], "datatype": "FP31", "data": [1]'), 'unknown datatype "FP31"'],
    ["without a shape", input('"datatype": "FP32", "data": [1]'), "Unable to parse 'shape' of input 'x'"],
    [
      "with a negative length",
      input('"shape": [-1], "datatype": "FP32", "data": [1]'),
      "expected a list of non-negative integers, got [-1]",
    ],
    [
      "without data",
      input('"shape": [1], "datatype": "FP32"'),
      "exactly one of 'data' and the parameter 'binary_data_size', it has neither",
    ],
    [
      "with too few elements",
      input('"shape": [2], "datatype": "FP32", "data": [1]'),
      "expected 2 elements for the shape [2]",
    ],
    [
      "nested another way",
      input('"shape": [2, 3], "datatype": "FP32", "data": [[1,2],[3,4],[5,6]]'),
      "got lists of [3,2]",
    ],
    ["ragged", input('"shape": [2, 2], "datatype": "FP32", "data": [[1,2],[3]]'), "unexpected size: 1 at level: 1"],
    ["of another type", input('"shape": [1], "datatype": "INT32", "data": [1.5]'), "is not of expected type: int32"],
    [
      "of another type ahead of its datatype",
      input('"data": ["a"], "shape": [1], "datatype": "INT32"'),
      "is not of expected type: int32",
    ],
    [
      "with parameters that are no object",
      '{"inputs": [], "parameters": [1]}',
      "Expected 'parameters' to be an object",
    ],
    [
      "with a parameter that is a list",
      '{"inputs": [], "parameters": {"a": []}}',
      "Expected 'parameters' to be an object of strings",
    ],
    ["with a parameter that is NaN", '{"inputs": [], "parameters": {"a": NaN}}', "Expected plain JSON"],
    ["with an id that is a number", '{"inputs": [], "id": 1}', "Expected 'id' to be a string"],
    ["with an output without a name", '{"inputs": [], "outputs": [{}]}', "Every output needs a 'name'"],
    [
      "in shared memory",
      input('"shape": [1], "datatype": "FP32", "parameters": {"shared_memory_region": "r"}'),
      "Shared memory is not offered",
    ],
  ])("that is %s is refused", (_what, body, message) => {
    expect(failure(body).message).toContain(message);
  });

  it("never fails but with an error that is told", () => {
    const whole =
      '{"id":"1","inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","parameters":{"a":1},"data":[[1,2.5]]}],"outputs":[{"name":"y"}]}';
    fc.assert(
      fc.property(fc.nat(whole.length), fc.nat(8), fc.string({ maxLength: 4 }), (at, removed, added) => {
        try {
          decode(whole.slice(0, at) + added + whole.slice(at + removed));
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(PlinthError);
          expect((thrown as PlinthError).reason).not.toBe("INTERNAL");
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("an infer request with raw tensors", () => {
  const floats = (...values: number[]) => new Uint8Array(new Float32Array(values).buffer);
  const raw = (name: string, bytes: number) =>
    `{"name": "${name}", "shape": [2], "datatype": "FP32", "parameters": {"binary_data_size": ${bytes}}}`;

  it("has them one after the other, in the order of its inputs, beside such in JSON", () => {
    const json = '{"name": "j", "shape": [2], "datatype": "FP32", "data": [5, 6]}';
    const { inputs } = decode(`{"inputs": [${raw("a", 8)}, ${json}, ${raw("b", 8)}]}`, floats(1, 2), floats(3, 4));
    expect(inputs.map(({ name, tensor }) => [name, ...elements(tensor)])).toEqual([
      ["a", 1, 2],
      ["j", 5, 6],
      ["b", 3, 4],
    ]);
  });

  it("has them as views of the body, where they lie well", () => {
    const body = `{"inputs": [${raw("a", 8)}]}`;
    const padded = Buffer.from(body.padEnd(Math.ceil(body.length / 8) * 8));
    const whole = Buffer.alloc(padded.length + 8);
    whole.set(padded);
    const tensor = decodeInfer(whole, padded.length).inputs[0]?.tensor as Tensor<"float32">;
    expect([tensor.data.buffer, tensor.data.byteOffset]).toEqual([whole.buffer, whole.byteOffset + padded.length]);
  });

  it.each<[string, string, Uint8Array[], string]>([
    ["too few bytes", `{"inputs": [${raw("a", 8)}]}`, [floats(1)], "binary_data_size of 8 bytes, but only 4 are left"],
    [
      "too many bytes",
      `{"inputs": [${raw("a", 8)}]}`,
      [floats(1, 2, 3)],
      "unexpected additional input data for model: 4 bytes",
    ],
    [
      "a size that does not fit the shape",
      `{"inputs": [${raw("a", 4)}]}`,
      [floats(1)],
      "input byte size mismatch for input 'a'. Expected 8",
    ],
    [
      "a size that is no number",
      `{"inputs": [${raw("a", 8).replace("8}", '"8"}')}]}`,
      [floats(1, 2)],
      "'binary_data_size' to be a whole number",
    ],
    ["data as well", `{"inputs": [${raw("a", 8).replace("}}", '}, "data": [1, 2]}')}]}`, [floats(1, 2)], "it has both"],
  ])("with %s is refused", (_what, body, bytes, message) => {
    expect(failure(body, ...bytes).message).toContain(message);
  });

  it("with less body than JSON is refused", () => {
    expect(() => decodeInfer(Buffer.from("{}"), 3)).toThrow("Expected the header Inference-Header-Content-Length");
  });
});
