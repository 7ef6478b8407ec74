import { cpSync } from "node:fs";
import { join } from "node:path";
import type { LoadedModel } from "@plinth/core";
import { Example } from "@plinth/protobuf-messages/tensorflow/example";
import { TensorProto } from "@plinth/protobuf-messages/tensorflow/tensor";
import { PredictionLog } from "@plinth/protobuf-messages/tensorflow_serving/prediction_log";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { maskedCrc32c } from "../src/warm-up/crc32c.js";
import { runWarmUpRecords } from "../src/warm-up/run-warm-up-records.js";
import { createBackend, ENGINE, OWN_MODELS, versionOf } from "./loading.js";
import { ModelFolder } from "./tfjs-files.js";

let folder: ModelFolder;

beforeAll(async () => {
  folder = await ModelFolder.create();
});

afterAll(() => folder[Symbol.asyncDispose]());

const { signal } = new AbortController();
const X = TensorProto.fromPartial({ dtype: 1, tensorShape: { dim: [{ size: 1n }, { size: 2n }] }, floatVal: [1] });
const PREDICT = log({ $case: "predictLog", value: { request: { inputs: new Map([["x", X]]), outputFilter: ["y"] } } });
const INPUT = { kind: { $case: "exampleList" as const, value: { examples: [Example.fromPartial({})] } } };

describe(`warm-up records on ${ENGINE}`, () => {
  it.each<[string, Uint8Array | undefined]>([
    ["no file", undefined],
    ["an empty file", new Uint8Array()],
    ["requests that the model answers", records(PREDICT, PREDICT)],
  ])("%s is fine", async (name, file) => {
    await expect(warmUp(name, file)).resolves.toBeUndefined();
  });

  it.each<[string, Uint8Array, string, RegExp]>([
    [
      "no records",
      Buffer.from("certainly no records at all"),
      "MODEL_FILE_INVALID",
      /verify your warmup data is in TFRecord format/,
    ],
    ["a record that is cut off", records(PREDICT).subarray(0, -5), "MODEL_FILE_INVALID", /is cut off.*TFRecord format/],
    ["a damaged record", flipped(records(PREDICT)), "MODEL_FILE_INVALID", /checksum.*TFRecord format/],
    [
      "too many records",
      records(...new Array<Uint8Array>(1001).fill(log(undefined))).subarray(0),
      "MODEL_UNSUPPORTED",
      /record 1: .*got none/,
    ],
    [
      "a record that is no log",
      records(Uint8Array.of(255, 255, 255)),
      "MODEL_FILE_INVALID",
      /Failed to parse warmup record 1/,
    ],
    [
      "a session's run",
      records(log({ $case: "sessionRunLog", value: {} })),
      "MODEL_UNSUPPORTED",
      /Unsupported log type.*sessionRunLog/,
    ],
    ["a stream", records(log({ $case: "predictStreamedLog", value: {} })), "MODEL_UNSUPPORTED", /Unsupported log type/],
    [
      "an unknown signature",
      records(predict("nowhere")),
      "MODEL_FILE_INVALID",
      /record 1 asks for the signature "nowhere"/,
    ],
    [
      "an input that is missing",
      records(PREDICT, log({ $case: "predictLog", value: { request: {} } })),
      "MODEL_FILE_INVALID",
      /record 2 needs the input "x"/,
    ],
    ["a run that fails", records(failing()), "INPUT_SHAPE_MISMATCH", /Warmup record 1 failed/],
  ])("%s fails the load", async (name, file, reason, message) => {
    await expect(warmUp(name, file)).rejects.toMatchObject({ reason, message: expect.stringMatching(message) });
  });

  it("more than 1000 are too many", async () => {
    const file = records(...new Array<Uint8Array>(1001).fill(PREDICT));
    await expect(warmUp("1001 records", file)).rejects.toThrow("Number of warmup records exceeds the maximum of 1000");
  });

  it("of all kinds are run as often as asked for, each with its own signature and examples", async () => {
    const tasks = ["a", "b"].map((signatureName) => ({ modelSpec: { signatureName } }));
    const file = records(
      log({ $case: "classifyLog", value: { request: { input: INPUT, modelSpec: { signatureName: "a" } } } }),
      log({ $case: "regressLog", value: { request: { input: INPUT, modelSpec: { signatureName: "b" } } } }),
      log({ $case: "multiInferenceLog", value: { request: { input: INPUT, tasks } } }),
    );
    const directory = await folder.write("kinds", { "assets.extra/tf_serving_warmup_requests": file });
    const inputs = new Map([["inputs", { dtype: "string", shape: [-1] } as const]]);
    const signature = {
      inputs,
      outputs: new Map([["y", { dtype: "float32", shape: [-1] } as const]]),
      method: "",
      shapes: "advisory",
    } as const;
    const run = vi.fn<LoadedModel["run"]>(async () => new Map());
    const model: LoadedModel = {
      signatures: new Map([
        ["a", signature],
        ["b", signature],
      ]),
      run,
      async [Symbol.asyncDispose]() {},
    };
    await runWarmUpRecords(model, { directory, iterations: 2, signal });
    expect(run.mock.calls.map(([call]) => call.signature)).toEqual(["a", "a", "b", "b", "a", "a", "b", "b"]);
    expect(run.mock.calls[0]?.[0].inputs.get("inputs")).toMatchObject({ dtype: "string", shape: [1] });
  });
});

async function warmUp(name: string, file: Uint8Array | undefined): Promise<void> {
  const path = name.replaceAll(" ", "-");
  const directory = await folder.write(
    path,
    file === undefined ? {} : { "assets.extra/tf_serving_warmup_requests": file },
  );
  cpSync(join(OWN_MODELS, "affine", "1"), directory, { recursive: true });
  const model = await createBackend().load(versionOf(directory), { model: "m", version: 1n, signal });
  try {
    await model.warmUp?.({ signal });
  } finally {
    await model[Symbol.asyncDispose]();
  }
}

function log(logType: unknown): Uint8Array {
  return PredictionLog.encode(PredictionLog.fromPartial({ logType: logType as never })).finish();
}

function predict(signatureName: string): Uint8Array {
  return log({
    $case: "predictLog",
    value: { request: { modelSpec: { signatureName }, inputs: new Map([["x", X]]) } },
  });
}

function failing(): Uint8Array {
  const x = TensorProto.fromPartial({ dtype: 1, tensorShape: { dim: [{ size: 1n }, { size: 3n }] }, floatVal: [1] });
  return log({ $case: "predictLog", value: { request: { inputs: new Map([["x", x]]) } } });
}

function records(...contents: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(
    Buffer.concat(
      contents.flatMap((content) => {
        const header = Buffer.alloc(12);
        header.writeBigUInt64LE(BigInt(content.length));
        header.writeUInt32LE(maskedCrc32c(header.subarray(0, 8)), 8);
        const footer = Buffer.alloc(4);
        footer.writeUInt32LE(maskedCrc32c(content));
        return [header, content, footer];
      }),
    ),
  );
}

function flipped(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  copy[14] = (copy[14] ?? 0) ^ 1;
  return copy;
}
