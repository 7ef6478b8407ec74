import type { InferResult } from "@plinth/core";
import { lengthDelimitedBytes, WireWriter } from "../wire/wire-writer.js";
import { measureModelSpec, writeModelSpec } from "./write-model-spec.js";
import { type MeasuredTensor, measureTensor, type TensorForm, writeTensor } from "./write-tensor.js";

const OUTPUTS = 1;
const MODEL_SPEC = 2;
const KEY = 1;
const VALUE = 2;

interface Output {
  readonly name: string;
  readonly nameBytes: number;
  readonly measured: MeasuredTensor;
  /** Of the map's entry. */
  readonly bytes: number;
}

/** A `PredictResponse`: the outputs, and which model, version and signature answered. */
export function encodePredict({ outputs, model, version, signature }: InferResult, form: TensorForm): Buffer {
  const entries: Output[] = [];
  let size = 0;
  for (const [name, tensor] of outputs) {
    const nameBytes = Buffer.byteLength(name);
    const measured = measureTensor(tensor, form);
    const bytes = lengthDelimitedBytes(nameBytes) + lengthDelimitedBytes(measured.bytes);
    entries.push({ name, nameBytes, measured, bytes });
    size += lengthDelimitedBytes(bytes);
  }
  const spec = measureModelSpec(model, version, signature);
  const writer = new WireWriter(size + lengthDelimitedBytes(spec.bytes));
  for (const { name, nameBytes, measured, bytes } of entries) {
    writer.lengthDelimited(OUTPUTS, bytes);
    writer.text(KEY, name, nameBytes);
    writer.lengthDelimited(VALUE, measured.bytes);
    writeTensor(writer, measured);
  }
  writer.lengthDelimited(MODEL_SPEC, spec.bytes);
  writeModelSpec(writer, spec);
  return writer.bytes;
}
