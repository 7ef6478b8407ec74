import { PlinthError } from "@plinth/core";
import { CLASSIFY_METHOD, type Classification, type InferenceTaskResult, type Regression } from "@plinth/tf-example";
import { CLOSE_BRACE, CLOSE_BRACKET, COMMA, OPEN_BRACKET } from "../json/characters.js";
import { JsonBuffer } from "../json/json-buffer.js";
import { MAX_FLOAT32_BYTES, writeFloat32 } from "../json/write-float32.js";
import { writeBytes, writeText } from "../json/write-string.js";

/**
 * Writes the answer to a classify request: `{"results": [[["label", score], ...], ...]}`, a list for each example. Without labels they
 * are empty, without scores 0. A label that is not UTF-8 is written as `{"b64": "..."}`.
 *
 * @throws PlinthError `TENSOR_INVALID` for no results at all
 */
export function encodeClassification(classification: Classification): Buffer {
  return document((out) => writeClassification(out, classification));
}

/**
 * Writes the answer to a regress request: `{"results": [value, ...]}`, a float32 for each example.
 *
 * @throws PlinthError `TENSOR_INVALID` for no results at all
 */
export function encodeRegression(regression: Regression): Buffer {
  return document((out) => writeRegression(out, regression));
}

/**
 * Writes the answer to a multi-inference request: `{"results": [{"signature_name": "...", "method_name": "...", "results": [...]}, ...]}`, for
 * each task what a request of its own would have been answered.
 */
export function encodeMultiInference(results: readonly InferenceTaskResult[]): Buffer {
  return document((out) => {
    writeList(out, results.length, (index) => {
      const result = results[index] as InferenceTaskResult;
      out.ascii('{"signature_name":');
      writeText(out, result.signature);
      out.ascii(`,"method_name":"${result.method}","results":`);
      if (result.method === CLASSIFY_METHOD) writeClassification(out, result.classification);
      else writeRegression(out, result.regression);
      out.byte(CLOSE_BRACE);
    });
  });
}

function document(writeResults: (out: JsonBuffer) => void): Buffer {
  const out = new JsonBuffer(1024);
  out.ascii('{"results":');
  writeResults(out);
  out.byte(CLOSE_BRACE);
  return out.finish();
}

function writeClassification(out: JsonBuffer, { examples, classes, labels, scores }: Classification): void {
  if (examples === 0) throw empty("ClassificationResults");
  writeList(out, examples, (example) => {
    writeList(out, classes, (index) => {
      const at = example * classes + index;
      out.byte(OPEN_BRACKET);
      writeBytes(out, labels?.[at] ?? NO_LABEL, false);
      out.byte(COMMA);
      writeFloat(out, scores?.[at] ?? 0);
      out.byte(CLOSE_BRACKET);
    });
  });
}

function writeRegression(out: JsonBuffer, { values }: Regression): void {
  if (values.length === 0) throw empty("RegressionResults");
  writeList(out, values.length, (index) => writeFloat(out, values[index] as number));
}

function writeList(out: JsonBuffer, length: number, writeItem: (index: number) => void): void {
  out.byte(OPEN_BRACKET);
  for (let index = 0; index < length; index++) {
    if (index > 0) out.byte(COMMA);
    writeItem(index);
  }
  out.byte(CLOSE_BRACKET);
}

function writeFloat(out: JsonBuffer, value: number): void {
  out.reserve(MAX_FLOAT32_BYTES);
  out.length = writeFloat32(out.bytes, out.length, value);
}

function empty(what: string): PlinthError {
  return new PlinthError("TENSOR_INVALID", `Cannot write empty ${what}: expected a result for each example`);
}

const NO_LABEL = new Uint8Array(0);
