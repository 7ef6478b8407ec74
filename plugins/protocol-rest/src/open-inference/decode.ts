import { PlinthError } from "@plinth/core";
import {
  type InferenceRequest,
  type NamedTensor,
  NO_PARAMETERS,
  type Parameters,
  type RequestedOutput,
} from "@plinth/open-inference";
import { CLOSE_BRACE, OPEN_BRACE, OPEN_BRACKET, skipBlanks } from "../json/characters.js";
import { excerpt } from "../json/excerpt.js";
import { readList } from "../json/list-items.js";
import { ObjectWalker } from "../json/object-walker.js";
import { skipValue } from "../json/skip-value.js";
import { syntaxError } from "../json/syntax-error.js";
import { wrongLength } from "./header-length.js";
import { InputReader } from "./input-reader.js";
import { readParameters, readText } from "./small-values.js";

/**
 * Reads the body of an infer request: a JSON document, and the raw tensors that it announces behind it.
 *
 * JSON to the letter but for `NaN`, `Infinity` and `-Infinity` in tensors; keys that mean nothing here are passed over. The elements of
 * an input may stand flat or nested as its shape says, before or behind that.
 *
 * @param body strings and raw tensors are views over it, so that nobody may write to it as long as the inputs are in use
 * @param jsonBytes how many bytes of it are JSON; `undefined`: all
 * @throws PlinthError `REQUEST_INVALID` where it is not of this form, `TENSOR_INVALID` where elements do not make the tensor that is
 * said, `NOT_IMPLEMENTED` for shared memory
 */
export function decodeInfer(body: Buffer, jsonBytes: number = body.length): InferenceRequest {
  if (jsonBytes > body.length) throw wrongLength(`${jsonBytes} for a body of ${body.length} bytes`);
  const json = body.subarray(0, jsonBytes);
  try {
    return readDocument(json, body.subarray(jsonBytes));
  } catch (error) {
    checkSyntax(json);
    throw error;
  }
}

/** What the document has of a request. */
interface RequestParts {
  id?: string;
  parameters: Parameters;
  inputs?: readonly NamedTensor[];
  outputs: readonly RequestedOutput[];
}

function readDocument(json: Buffer, raw: Buffer): InferenceRequest {
  // The loops of readers stop at this brace instead of asking for the end at each byte.
  const document = json.subarray(0, json.lastIndexOf(CLOSE_BRACE) + 1);
  const parts: RequestParts = { parameters: NO_PARAMETERS, outputs: [] };
  const reader = new InputReader(document, raw);
  const walker = new ObjectWalker(document);
  for (let at = walker.enter(startOf(document)); at >= 0; at = walker.next(at)) {
    at = readPart(document, walker.key, at, parts, reader);
  }
  if (parts.inputs === undefined) throw invalid("Unable to parse 'inputs': the request has none");
  if (reader.unread > 0) {
    throw invalid(`unexpected additional input data for model: ${reader.unread} bytes behind the last raw tensor`);
  }
  if (skipBlanks(json, walker.end) < json.length)
    throw syntaxError(json, walker.end, "The document has ended", "nothing");
  return { id: parts.id, parameters: parts.parameters, inputs: parts.inputs, outputs: parts.outputs };
}

/** Reads one member of the document, or passes over it; gives the position after it. */
function readPart(bytes: Buffer, key: string, at: number, parts: RequestParts, reader: InputReader): number {
  if (key === "inputs" && parts.inputs === undefined) {
    const inputs: NamedTensor[] = [];
    parts.inputs = inputs;
    return listOf(bytes, at, key, (item) => {
      inputs.push(reader.read(item));
      return reader.end;
    });
  }
  const end = skipValue(bytes, at);
  if (key === "id") parts.id = readText(bytes, at, end, key);
  else if (key === "parameters") parts.parameters = readParameters(bytes, at, end);
  else if (key === "outputs") parts.outputs = readOutputs(bytes, at);
  return end;
}

function readOutputs(bytes: Buffer, at: number): readonly RequestedOutput[] {
  const outputs: RequestedOutput[] = [];
  const walker = new ObjectWalker(bytes);
  listOf(bytes, at, "outputs", (item) => {
    if (bytes[item] !== OPEN_BRACE) throw invalid("Expected every element of 'outputs' to be an object");
    let name: string | undefined;
    let parameters = NO_PARAMETERS;
    for (let value = walker.enter(item); value >= 0; ) {
      const end = skipValue(bytes, value);
      if (walker.key === "name") name = readText(bytes, value, end, "name");
      else if (walker.key === "parameters") parameters = readParameters(bytes, value, end);
      value = walker.next(end);
    }
    if (name === undefined) throw invalid("Every output needs a 'name'");
    outputs.push({ name, parameters });
    return walker.end;
  });
  return outputs;
}

function listOf(bytes: Buffer, at: number, key: string, readItem: (at: number) => number): number {
  if (bytes[at] === OPEN_BRACKET) return readList(bytes, at, readItem);
  throw invalid(`Unable to parse '${key}': expected a list, got ${excerpt(bytes, at, skipValue(bytes, at))}`);
}

function startOf(document: Buffer): number {
  const start = skipBlanks(document, 0);
  if (document[start] === OPEN_BRACE) return start;
  throw invalid('failed to parse the request JSON buffer: expected an object, {"inputs": [...]}');
}

/** What is wrong with the syntax is told first, and of the document as it came, not as it was cut off. */
function checkSyntax(json: Buffer): void {
  const start = skipBlanks(json, 0);
  if (start === json.length) throw syntaxError(json, start, "The document is empty", "a JSON object");
  const end = skipBlanks(json, skipValue(json, start));
  if (end < json.length) throw syntaxError(json, end, "The document has ended", "nothing");
}

function invalid(message: string): PlinthError {
  return new PlinthError("REQUEST_INVALID", message);
}
