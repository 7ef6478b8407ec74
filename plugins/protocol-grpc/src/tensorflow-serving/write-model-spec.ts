import type { ModelVersion } from "@plinth/core";
import { lengthDelimitedBytes, varint64Bytes, WireWriter } from "../wire/wire-writer.js";

const NAME = 1;
const VERSION = 2;
const SIGNATURE_NAME = 3;
const INT64_VALUE = 1;

/** A `ModelSpec` with how long its message and the parts of that are. */
export interface MeasuredModelSpec {
  readonly model: string;
  readonly version: ModelVersion;
  readonly signature: string;
  readonly modelBytes: number;
  /** Of the message that holds the version: that there is one shows in that there is the message, also for 0. */
  readonly versionBytes: number;
  readonly signatureBytes: number;
  /** Of the whole message. */
  readonly bytes: number;
}

export function measureModelSpec(model: string, version: ModelVersion, signature: string): MeasuredModelSpec {
  const modelBytes = Buffer.byteLength(model);
  const signatureBytes = Buffer.byteLength(signature);
  const versionBytes = 1 + varint64Bytes(version);
  const bytes =
    lengthDelimitedBytes(modelBytes) + lengthDelimitedBytes(versionBytes) + lengthDelimitedBytes(signatureBytes);
  return { model, version, signature, modelBytes, versionBytes, signatureBytes, bytes };
}

export function writeModelSpec(writer: WireWriter, spec: MeasuredModelSpec): void {
  writer.text(NAME, spec.model, spec.modelBytes);
  writer.lengthDelimited(VERSION, spec.versionBytes);
  writer.varint64Field(INT64_VALUE, spec.version);
  writer.text(SIGNATURE_NAME, spec.signature, spec.signatureBytes);
}

/** A whole `ModelSpec`. */
export function encodeModelSpec(model: string, version: ModelVersion, signature: string): Uint8Array {
  const spec = measureModelSpec(model, version, signature);
  const writer = new WireWriter(spec.bytes);
  writeModelSpec(writer, spec);
  return writer.bytes;
}
