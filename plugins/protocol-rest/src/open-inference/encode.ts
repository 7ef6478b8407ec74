import { elementCount } from "@plinth/core";
import { type AnsweredOutput, datatypeOf, type InferenceAnswer, rawBytes } from "@plinth/open-inference";
import { type Answer, JSON_TYPE } from "../http/send.js";
import { CLOSE_BRACE, CLOSE_BRACKET, COMMA } from "../json/characters.js";
import { JsonBuffer } from "../json/json-buffer.js";
import { MAX_FLOAT32_BYTES } from "../json/write-float32.js";
import { writeText } from "../json/write-string.js";
import { tensorWriter } from "../json/write-tensor.js";

/**
 * Writes the answer to an infer request: a JSON document, and behind it the raw tensors that it announces, as views over their own memory.
 *
 * Elements in JSON stand flat; numbers, and strings that are no UTF-8, as {@link tensorWriter} writes them.
 *
 * @throws PlinthError `TENSOR_INVALID` for complex numbers that are to be JSON
 */
export function encodeInfer({ model, version, id, outputs }: InferenceAnswer): Answer {
  const raw: Uint8Array[] = [];
  const out = new JsonBuffer(expectedBytes(outputs));
  out.ascii('{"model_name":');
  writeText(out, model);
  out.ascii(`,"model_version":"${version}"`);
  if (id !== undefined && id !== "") {
    out.ascii(',"id":');
    writeText(out, id);
  }
  out.ascii(',"outputs":[');
  for (const [index, output] of outputs.entries()) {
    if (index > 0) out.byte(COMMA);
    writeOutput(out, output, raw);
  }
  out.byte(CLOSE_BRACKET);
  out.byte(CLOSE_BRACE);
  const json = out.finish();
  return raw.length === 0 ? { status: 200, chunks: [json], headers: JSON_TYPE } : withRaw(json, raw);
}

function writeOutput(out: JsonBuffer, { name, tensor, isBinary }: AnsweredOutput, raw: Uint8Array[]): void {
  out.ascii('{"name":');
  writeText(out, name);
  out.ascii(`,"datatype":"${datatypeOf(tensor.dtype)}","shape":[${tensor.shape.join()}]`);
  if (isBinary) {
    const bytes = rawBytes(tensor);
    out.ascii(`,"parameters":{"binary_data_size":${bytes.byteLength}}}`);
    raw.push(bytes);
  } else {
    out.ascii(',"data":');
    tensorWriter(tensor, false)(out, [elementCount(tensor.shape)], 0);
    out.byte(CLOSE_BRACE);
  }
}

function withRaw(json: Buffer, raw: readonly Uint8Array[]): Answer {
  const headers = {
    "Content-Type": "application/octet-stream",
    "Inference-Header-Content-Length": String(json.length),
  };
  return { status: 200, chunks: [json, ...raw.map(sendable)], headers };
}

/** Sockets do not take memory that other threads can change. */
function sendable(bytes: Uint8Array): Uint8Array {
  return bytes.buffer instanceof SharedArrayBuffer ? new Uint8Array(bytes) : bytes;
}

function expectedBytes(outputs: readonly AnsweredOutput[]): number {
  let bytes = 256;
  for (const { tensor, isBinary } of outputs) {
    bytes += OUTPUT_BYTES + (isBinary ? 0 : tensor.data.length * (MAX_FLOAT32_BYTES + 1));
  }
  return bytes;
}

/** Room for an output without its elements. */
const OUTPUT_BYTES = 128;
