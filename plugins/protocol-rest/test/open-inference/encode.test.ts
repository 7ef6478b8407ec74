import { createTensor, type DType, type DTypeData, type Tensor } from "@plinth/core";
import { describe, expect, it } from "vitest";
import { encodeInfer } from "../../src/open-inference/encode.js";
import { encodeEvent, encodeGenerate } from "../../src/open-inference/generate.js";

function output<D extends DType>(name: string, dtype: D, shape: number[], data: DTypeData[D], isBinary = false) {
  return { name, tensor: createTensor(dtype, shape, data) as Tensor, isBinary };
}

const FLOATS = output("y", "float32", [2, 1], new Float32Array([1, Number.NaN]));
const TEXT = output("s", "string", [1, 2], [Buffer.from("é\n"), new Uint8Array([255])]);

describe("the answer to an infer request", () => {
  it("has flat data, model, version and the id", () => {
    const answer = encodeInfer({ model: "m", version: "3", id: 'a"b', outputs: [FLOATS, TEXT] });
    expect(answer.headers).toEqual({ "Content-Type": "application/json" });
    expect(Buffer.concat(answer.chunks).toString()).toBe(
      '{"model_name":"m","model_version":"3","id":"a\\"b","outputs":[' +
        '{"name":"y","datatype":"FP32","shape":[2,1],"data":[1.0,NaN]},' +
        '{"name":"s","datatype":"BYTES","shape":[1,2],"data":["é\\n",{"b64":"/w=="}]}]}',
    );
  });

  it("has raw tensors behind its JSON, in their own memory", () => {
    const data = new Float32Array([1, 2]);
    const outputs = [
      output("y", "float32", [2], data, true),
      FLOATS,
      output("s", "string", [1], [Buffer.from("hi")], true),
    ];
    const { chunks, headers } = encodeInfer({ model: "m", version: "3", id: undefined, outputs });
    const [json, ...raw] = chunks;
    expect(headers).toEqual({
      "Content-Type": "application/octet-stream",
      "Inference-Header-Content-Length": String(json?.byteLength),
    });
    expect(Buffer.from(json ?? []).toString()).toBe(
      '{"model_name":"m","model_version":"3","outputs":[' +
        '{"name":"y","datatype":"FP32","shape":[2],"parameters":{"binary_data_size":8}},' +
        '{"name":"y","datatype":"FP32","shape":[2,1],"data":[1.0,NaN]},' +
        '{"name":"s","datatype":"BYTES","shape":[1],"parameters":{"binary_data_size":6}}]}',
    );
    expect(raw[0]?.buffer).toBe(data.buffer);
    expect([...(raw[1] ?? [])]).toEqual([2, 0, 0, 0, 104, 105]);
  });

  it("is sent from memory that other threads share only once it is copied", () => {
    const shared = new Float32Array(new SharedArrayBuffer(4));
    const { chunks } = encodeInfer({
      model: "m",
      version: "3",
      id: undefined,
      outputs: [output("y", "float32", [1], shared, true)],
    });
    expect(chunks[1]?.buffer).toBeInstanceOf(ArrayBuffer);
  });
});

describe("the answer to a generate request", () => {
  it("has a value for each output, without leading axes of 1", () => {
    const one = output("one", "string", [1, 1], [Buffer.from("text")]);
    const row = output("row", "int32", [1, 2], new Int32Array([1, 2]));
    const answer = encodeGenerate({ model: "m", version: "3", id: "7", outputs: [one, row, FLOATS] });
    expect(Buffer.concat(answer.chunks).toString()).toBe(
      '{"model_name":"m","model_version":"3","id":"7","one":"text","row":[1,2],"y":[[1.0],[NaN]]}',
    );
  });

  it("is the same as an event", () => {
    const one = output("one", "string", [1], [Buffer.from("two\nlines")]);
    const event = encodeEvent({ model: "m", version: "3", id: undefined, outputs: [one] });
    expect(Buffer.from(event).toString()).toBe('data: {"model_name":"m","model_version":"3","one":"two\\nlines"}\n\n');
  });
});
