import { PlinthError } from "@plinth/core";
import { describe, expect, it } from "vitest";
import { ConfigPbtxt } from "../src/config-pbtxt.js";

function read(text: string, model = "m") {
  return new ConfigPbtxt().read(model, new TextEncoder().encode(text));
}

function failure(text: string): PlinthError {
  try {
    read(text);
  } catch (thrown) {
    if (thrown instanceof PlinthError) return thrown;
  }
  return expect.fail(`expected to be refused: ${text}`);
}

const TENSORS = `
input [ { name: "X" data_type: TYPE_FP32 dims: [ 3, -1 ] } ]
output { name: "Y" data_type: TYPE_STRING dims: 1 reshape: { shape: [ ] } }
`;

describe("config.pbtxt", () => {
  it("puts the axis of the batch before each shape where there are batches", () => {
    const { inputs, outputs, batching } = read(`max_batch_size: 8 ${TENSORS}`);
    expect(inputs).toEqual(
      new Map([["X", { dtype: "float32", shape: [-1, 3, -1], modelShape: undefined, at: "config.pbtxt:2:9" }]]),
    );
    expect(outputs?.get("Y")).toMatchObject({ dtype: "string", shape: [-1, 1], modelShape: [-1] });
    expect(batching).toEqual({ maxBatchSize: 8, maxWaitMs: 0, ifPossible: false });
  });

  it("takes shapes as they are where there are none", () => {
    const { inputs, batching } = read(TENSORS);
    expect(inputs?.get("X")?.shape).toEqual([3, -1]);
    expect(batching).toBeUndefined();
  });

  it("is completed where it says nothing: inputs and outputs of the model, batches of 4 if it takes any", () => {
    expect(read('platform: "onnxruntime_onnx"')).toEqual({
      name: "config.pbtxt",
      versions: undefined,
      execution: {},
      batching: { maxBatchSize: 4, maxWaitMs: 0, ifPossible: true },
      inputs: undefined,
      outputs: undefined,
      warmUp: [],
      document: { platform: "onnxruntime_onnx" },
      ignored: [],
    });
  });

  it.each([
    ["latest { num_versions: 3 }", { kind: "latest", count: 3 }],
    ["latest { }", { kind: "latest", count: 1 }],
    ["all { }", { kind: "all" }],
    ["specific { versions: [ 1, 9007199254740993 ] }", { kind: "specific", versions: [1n, 9007199254740993n] }],
  ])("serves the versions of %s", (policy, versions) => {
    expect(read(`version_policy: { ${policy} }`).versions).toEqual(versions);
  });

  it("waits for a batch as long as the queue may be delayed, and bounds the queue", () => {
    const { batching, execution } = read(`
      max_batch_size: 16
      dynamic_batching { max_queue_delay_microseconds: 2500 default_queue_policy { max_queue_size: 7 } }`);
    expect(batching).toMatchObject({ maxBatchSize: 16, maxWaitMs: 2.5 });
    expect(execution).toEqual({ maxQueuedRequests: 7 });
  });

  it("loads as many instances as its groups have that are not for a GPU", () => {
    const { execution, ignored } = read(
      "instance_group [ { count: 2 kind: KIND_CPU }, { kind: KIND_MODEL }, { count: 5 kind: KIND_GPU } ]",
    );
    expect(execution).toEqual({ instances: 3 });
    expect(ignored).toEqual(["instance_group of KIND_GPU (config.pbtxt:1:69)"]);
  });

  it("leaves out a warm-up with data of a file, and says so", () => {
    const sample = (value: string) =>
      `model_warmup { inputs { key: "X" value { data_type: TYPE_INT8 dims: 1 ${value} } } }`;
    const { warmUp, ignored } = read(`${sample('input_data_file: "f"')}\n${sample("zero_data: true")}`);
    expect(warmUp).toHaveLength(1);
    expect(ignored).toEqual(["model_warmup with input_data_file (config.pbtxt:1:71)"]);
  });

  it("says which file of a version is the model", () => {
    expect(read('default_model_filename: "net.onnx"')).toMatchObject({
      modelFile: { path: "net.onnx", at: "config.pbtxt:1:25" },
      document: { default_model_filename: "net.onnx" },
    });
    expect(read('default_model_filename: ""').modelFile).toBeUndefined();
    for (const path of ["../net.onnx", "/net.onnx", "a//b"]) {
      expect(failure(`default_model_filename: "${path}"`).message).toMatch(
        /^config\.pbtxt:1:25: default_model_filename: .* cannot name a file of a version/,
      );
    }
  });

  it("names what has no meaning here, with its place", () => {
    const { ignored } = read(`optimization { cuda { graphs: true } }
metric_tags { key: "k" value: "v" }
max_batch_size: 2
dynamic_batching { preferred_batch_size: [ 2 ] }
input { name: "X" data_type: TYPE_INT8 dims: 1 allow_ragged_batch: true }`);
    expect(ignored).toEqual([
      "optimization (config.pbtxt:1:1)",
      "metric_tags (config.pbtxt:2:1)",
      "preferred_batch_size (config.pbtxt:4:20)",
      "allow_ragged_batch (config.pbtxt:5:48)",
    ]);
  });

  it("tells what it says, for protocols that know its terms", () => {
    const { document } = read(`max_batch_size: 2
input { name: "X" data_type: TYPE_INT8 dims: [ 1, -1 ] reshape { shape: [ -1 ] } }
parameters { key: "k" value { string_value: "v" } }
version_policy { specific { versions: [ 1, 9007199254740993 ] } }`);
    expect(document).toEqual({
      max_batch_size: 2,
      input: [{ name: "X", data_type: "TYPE_INT8", dims: [1, -1], reshape: { shape: [-1] } }],
      parameters: { k: { string_value: "v" } },
      version_policy: { specific: { versions: [1, "9007199254740993"] } },
    });
  });

  it("takes the names of classes from a file beside it, one a line", () => {
    const text = 'output { name: "Y" data_type: TYPE_FP32 dims: 3 label_filename: "labels.txt" }';
    const format = new ConfigPbtxt();
    const bytes = (content: string) => new TextEncoder().encode(content);
    expect(format.refersTo(bytes(text))).toEqual(["labels.txt"]);
    const { outputs } = format.read("m", bytes(text), new Map([["labels.txt", bytes("cat\r\n\ndog\n")]]));
    expect(outputs?.get("Y")?.labels).toEqual(["cat", "", "dog"]);
    expect(failure(text).message).toMatch(
      /config\.pbtxt:1:\d+: the label file "labels\.txt" cannot be read: it lies not/,
    );
  });

  it.each(["../secret", "folder/labels.txt", "/etc/passwd", ".."])("reads no labels from %j", (name) => {
    const text = `output { name: "Y" data_type: TYPE_FP32 dims: 3 label_filename: ${JSON.stringify(name)} }`;
    expect(new ConfigPbtxt().refersTo(new TextEncoder().encode(text))).toEqual([]);
    expect(failure(text).message).toContain("cannot be read");
  });

  it("makes up the requests of a warm-up", () => {
    const { warmUp } = read(`model_warmup {
      name: "both" batch_size: 2 count: 3
      inputs { key: "X" value { data_type: TYPE_INT64 dims: [ 2 ] zero_data: true } }
      inputs { key: "Z" value { data_type: TYPE_FP32 dims: [ 3 ] random_data: true } }
    }`);
    expect(warmUp).toHaveLength(3);
    const [first] = warmUp;
    expect(first?.name).toBe("both");
    expect(first?.inputs.get("X")).toEqual({ dtype: "int64", shape: [2, 2], data: new BigInt64Array(4) });
    const random = first?.inputs.get("Z");
    expect(random?.shape).toEqual([2, 3]);
    expect(Array.from((random?.data ?? []) as Float32Array).every((number) => number >= 0 && number <= 1)).toBe(true);
  });

  it.each([
    ["max_batch_sise: 2", "1:1", 'ModelConfig has no field "max_batch_sise"; did you mean "max_batch_size"?'],
    ["max_batch_size: two", "1:17", "max_batch_size: expected"],
    ['name: "other"', "1:7", 'expected the name of the model\'s folder, "m", got "other"'],
    ["max_batch_size: -1", "1:17", "expected a max_batch_size of 0 to 65536, got -1"],
    [`${TENSORS}dynamic_batching { }`, "4:18", "dynamic_batching needs a max_batch_size above 0"],
    ["version_policy { all {} latest {} }", "1:25", "only one of latest, all, specific"],
    ["version_policy { specific { } }", "1:27", "expected at least one version"],
    ['input { name: "X" dims: 1 }', "1:7", 'expected data_type for "X"'],
    ['input { name: "X" data_type: TYPE_INT8 }', "1:7", 'expected dims for "X"'],
    ['input { name: "X" data_type: TYPE_INT8 dims: 0 }', "1:7", "expected dimensions above 0, or -1"],
    [
      'input { name: "X" data_type: TYPE_INT8 dims: 4 reshape { shape: [ 2, 3 ] } }',
      "1:56",
      "cannot be reshaped to [2,3]",
    ],
    ["instance_group { count: 300 }", "1:16", "expected at most 256 instances, got 300"],
    ["model_warmup { count: 2000 }", "1:14", "expected at most 1000 runs"],
    ["max_batch_size: 1 }", "1:19", "expected"],
  ])("refuses %s with its place", (text, place, message) => {
    const error = failure(text);
    expect(error.reason).toBe("MODEL_DESCRIPTION_INVALID");
    expect(error.message).toContain(`config.pbtxt:${place}: `);
    expect(error.message).toContain(message);
  });

  it("tells all that is wrong at once", () => {
    expect(failure('name: "o"\nmax_batch_size: -2').message.split("\n")).toHaveLength(2);
  });

  it("refuses bytes that are no text", () => {
    expect(() => new ConfigPbtxt().read("m", new Uint8Array([0xff, 0xfe]))).toThrow(
      /config\.pbtxt:1:1: expected UTF-8/,
    );
  });

  it.each(["sequence_batching { }", "ensemble_scheduling { }", "batch_input { }"])("refuses %s by name", (text) => {
    const error = failure(text);
    expect(error.reason).toBe("MODEL_UNSUPPORTED");
    expect(error.message).toMatch(/^config\.pbtxt:1:1: \w+: /);
  });
});
