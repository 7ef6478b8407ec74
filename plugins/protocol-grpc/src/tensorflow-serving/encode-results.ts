import { isUtf8 } from "node:buffer";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { ServableHandle } from "@plinth/core";
import { CLASSIFY_METHOD, type Classification, type InferenceTaskResult, type Regression } from "@plinth/tf-example";
import { encodeModelSpec } from "./write-model-spec.js";

// Written field by field, without an object for each class: there may be thousands of them for each example.

/** Fields of `ClassificationResponse` and `RegressionResponse`. */
const RESULT = 1;
const MODEL_SPEC = 2;
/** A field of `MultiInferenceResponse`. */
const RESULTS = 1;
/** Fields of `InferenceResult`. */
const TASK_MODEL_SPEC = 1;
const CLASSIFICATION_RESULT = 2;
const REGRESSION_RESULT = 3;
/** The only fields of `ClassificationResult`, `Classifications` and `RegressionResult`. */
const CLASSIFICATIONS = 1;
const CLASSES = 1;
const REGRESSIONS = 1;
/** Fields of `Class` and `Regression`. */
const LABEL = 1;
const SCORE = 2;
const VALUE = 1;

/** Which version answered. */
type Answered = Pick<ServableHandle, "model" | "version">;

/** A `ClassificationResponse`. */
export function encodeClassification(of: Classification, answered: Answered, signature: string): Uint8Array {
  const writer = new BinaryWriter();
  writeMessage(writer, RESULT, () => writeClassification(writer, of));
  writeModelSpec(writer, MODEL_SPEC, answered, signature);
  return writer.finish();
}

/** A `RegressionResponse`. */
export function encodeRegression(of: Regression, answered: Answered, signature: string): Uint8Array {
  const writer = new BinaryWriter();
  writeMessage(writer, RESULT, () => writeRegression(writer, of));
  writeModelSpec(writer, MODEL_SPEC, answered, signature);
  return writer.finish();
}

/** A `MultiInferenceResponse`. */
export function encodeMultiInference(results: readonly InferenceTaskResult[], answered: Answered): Uint8Array {
  const writer = new BinaryWriter();
  for (const result of results) {
    writeMessage(writer, RESULTS, () => {
      writeModelSpec(writer, TASK_MODEL_SPEC, answered, result.signature);
      if (result.method === CLASSIFY_METHOD) {
        writeMessage(writer, CLASSIFICATION_RESULT, () => writeClassification(writer, result.classification));
      } else {
        writeMessage(writer, REGRESSION_RESULT, () => writeRegression(writer, result.regression));
      }
    });
  }
  return writer.finish();
}

function writeClassification(writer: BinaryWriter, { examples, classes, labels, scores }: Classification): void {
  for (let example = 0; example < examples; example++) {
    writeMessage(writer, CLASSIFICATIONS, () => {
      for (let at = example * classes; at < (example + 1) * classes; at++) {
        writer.tag(CLASSES, WireType.LengthDelimited).fork();
        const label = labels?.[at];
        if (label !== undefined && label.length > 0) writer.tag(LABEL, WireType.LengthDelimited).bytes(textOf(label));
        writeFloat(writer, SCORE, scores?.[at] ?? 0);
        writer.join();
      }
    });
  }
}

function writeRegression(writer: BinaryWriter, { values }: Regression): void {
  for (const value of values) writeMessage(writer, REGRESSIONS, () => writeFloat(writer, VALUE, value));
}

function writeModelSpec(writer: BinaryWriter, field: number, { model, version }: Answered, signature: string): void {
  writer.tag(field, WireType.LengthDelimited).bytes(encodeModelSpec(model, version, signature));
}

function writeMessage(writer: BinaryWriter, field: number, write: () => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write();
  writer.join();
}

/** As protobuf has it, 0 is not written; -0 is. */
function writeFloat(writer: BinaryWriter, field: number, value: number): void {
  if (!Object.is(value, 0)) writer.tag(field, WireType.Bit32).float(value);
}

/** A label is a string of protobuf's: clients refuse a whole answer for one that is not UTF-8. */
function textOf(label: Uint8Array): Uint8Array {
  return isUtf8(label) ? label : Buffer.from(Buffer.from(label).toString());
}
