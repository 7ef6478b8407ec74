import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PlinthError, type Tensor } from "@plinth/core";
import { PredictionLog } from "@plinth/protobuf-messages/tensorflow_serving/prediction_log";
import { afterEach, describe, expect, it } from "vitest";
import { tfRecord, wholeRecords } from "../src/samples/tf-record.js";
import { finished, JournalUnderTest } from "./journal-under-test.js";

let journal: JournalUnderTest;

afterEach(() => journal?.[Symbol.asyncDispose]());

const INPUTS = new Map<string, Tensor>([
  ["x", { dtype: "float32", shape: [2], data: new Float32Array([1.5, Number.NaN]) }],
  ["id", { dtype: "int64", shape: [2], data: new BigInt64Array([7n, 2n ** 60n]) }],
  ["name", { dtype: "string", shape: [2], data: [Buffer.from("Ada"), new Uint8Array([0xff])] }],
]);

const OUTPUTS = new Map<string, Tensor>([["y", { dtype: "bool", shape: [1], data: new Uint8Array([1]) }]]);

const SAMPLED = finished({ sample: { drawn: 0.05, inputs: INPUTS, outputs: OUTPUTS } });

/** The records of a file, as a reader of TFRecord finds them. */
function recordsOf(file: Buffer): readonly Buffer[] {
  const records: Buffer[] = [];
  for (let at = 0; at < file.length; ) {
    const length = Number(file.readBigUInt64LE(at));
    records.push(file.subarray(at + 12, at + 12 + length));
    at += length + 16;
  }
  return records;
}

describe("sampled requests", () => {
  it("are asked for only where somebody wants them", async () => {
    journal = await JournalUnderTest.start();
    expect(journal.monitor.sampling).toBeUndefined();
    await journal.restart({ requests: { share: 0.1, models: { digits: 1 } } });
    expect(journal.monitor.sampling).toEqual({
      share: 0.1,
      models: new Map([["digits", 1]]),
      failed: false,
      maxBytes: 65_536,
    });
  });

  it("are entries that people can read, without what is redacted", async () => {
    journal = await JournalUnderTest.start({ requests: { share: 0.1, redact: ["name"] } });
    journal.monitor.observe(SAMPLED);
    journal.monitor.observe({ ...SAMPLED, sample: { drawn: 0.1, inputs: INPUTS, outputs: OUTPUTS } });
    const found = await journal.find({ kind: "request" });
    expect(found, "the second was drawn for a monitor that wants more").toHaveLength(1);
    expect(found[0]).toMatchObject({
      inputs: {
        x: { dtype: "float32", shape: [2], data: [1.5, "NaN"] },
        id: { dtype: "int64", data: [7, String(2n ** 60n)] },
        name: { dtype: "string", shape: [2], data: null },
      },
      outputs: { y: { data: [true] } },
      details: { computeMs: 2 },
    });
  });

  it("are PredictionLogs in TFRecord files, that go on after a crash", async () => {
    const options = { requests: { models: { digits: 0.25 }, formats: ["tfrecord"], redact: ["x"] } };
    journal = await JournalUnderTest.start(options);
    journal.monitor.observe(SAMPLED);
    await journal.restart(options);
    journal.monitor.observe(SAMPLED);
    await journal.monitor[Symbol.asyncDispose]();
    const [name = ""] = await journal.files(/tfrecord$/);
    const file = await readFile(join(journal.folder, name));
    expect(wholeRecords(file)).toBe(file.length);
    expect(wholeRecords(file.subarray(0, file.length - 1))).toBe(file.length / 2);
    const records = recordsOf(file);
    expect(records).toHaveLength(2);
    const log = PredictionLog.decode(records[1] as Buffer);
    expect(log.logMetadata).toMatchObject({
      modelSpec: { name: "digits", signatureName: "serving_default", versionChoice: { $case: "version", value: 2n } },
      samplingConfig: { samplingRate: 0.25 },
    });
    if (log.logType?.$case !== "predictLog") throw new Error("expected a PredictLog");
    const { request, response } = log.logType.value;
    expect(request?.inputs.get("x")).toMatchObject({ dtype: 1, tensorContent: new Uint8Array() });
    expect(request?.inputs.get("id")?.tensorContent).toHaveLength(16);
    expect(request?.inputs.get("name")?.stringVal.map((bytes) => Buffer.from(bytes).toString("latin1"))).toEqual([
      "Ada",
      "\xff",
    ]);
    expect(response?.outputs.get("y")).toMatchObject({ dtype: 10, tensorShape: { dim: [{ size: 1n }] } });
    expect(await journal.find({ kind: "request" })).toEqual([]);
  });

  it("are the inputs of requests that fail, where that is asked for", async () => {
    journal = await JournalUnderTest.start({ failures: { inputs: true } });
    const error = new PlinthError("MODEL_RUN_FAILED", "boom");
    journal.monitor.observe(finished({ error, sample: { drawn: 0, inputs: INPUTS, outputs: undefined } }));
    const [failure] = await journal.find({ kind: "failure" });
    expect(failure).toMatchObject({ level: "error", inputs: { x: { data: [1.5, "NaN"] } } });
    expect(failure?.stack).toContain("boom");
  });
});

describe("a TFRecord", () => {
  it("has the checksums that TensorFlow writes", () => {
    expect(tfRecord(Buffer.from("123456789")).subarray(0, 8).toString("hex")).toBe("0900000000000000");
    // CRC-32C of "123456789" is 0xe3069283 (RFC 3720, B.4); masked as TensorFlow does.
    const checksum = 0xe3069283;
    const masked = (((checksum >>> 15) | (checksum << 17)) + 0xa282ead8) >>> 0;
    expect(tfRecord(Buffer.from("123456789")).readUInt32LE(21)).toBe(masked);
  });
});
