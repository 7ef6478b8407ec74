import { createTensor, elementCount, PlinthError, type Signature, type Tensor, type TensorSpec } from "@plinth/core";
import { type InferenceAnswer, type InferenceRequest, type NamedTensor, NO_PARAMETERS } from "@plinth/open-inference";
import { type Answer, JSON_TYPE } from "../http/send.js";
import { CLOSE_BRACE, COLON, COMMA, OPEN_BRACE, skipBlanks } from "../json/characters.js";
import { JsonBuffer } from "../json/json-buffer.js";
import { ObjectWalker } from "../json/object-walker.js";
import { skipValue } from "../json/skip-value.js";
import { writeText } from "../json/write-string.js";
import { tensorWriter } from "../json/write-tensor.js";
import { readData } from "./read-data.js";
import { readParameters, readText, readValue } from "./small-values.js";

/**
 * Reads the body of a generate request: an object with a value for each input, beside an optional `id` and `parameters`, unless inputs
 * are called so. What else there is, is passed over.
 *
 * A value is a scalar or lists. Lists nested as deep as the input has axes are its tensor; a scalar or a flat list is put into the
 * shape of the signature, whose open axes are 1 long, but for the last one of them, which is as long as that makes it.
 *
 * @param findSignature gives the signature that the parameter `signature_name` says, or the default one for `undefined`
 * @throws PlinthError `REQUEST_INVALID`, `TENSOR_INVALID`; what `findSignature` throws
 */
export function decodeGenerate(body: Buffer, findSignature: (name: string | undefined) => Signature): InferenceRequest {
  const document = body.subarray(0, body.lastIndexOf(CLOSE_BRACE) + 1);
  const members = membersOf(document, body);
  const { inputs: specs } = findSignature(signatureName(document, members));
  const inputs: NamedTensor[] = [];
  let id: string | undefined;
  let parameters = NO_PARAMETERS;
  for (const { key, at, end } of members) {
    const spec = specs.get(key);
    if (spec !== undefined) inputs.push({ name: key, tensor: fitted(readData(document, at, spec.dtype).tensor, spec) });
    else if (key === "id") id = readText(document, at, end, key);
    else if (key === "parameters") parameters = readParameters(document, at, end);
  }
  return { id, parameters, inputs, outputs: [] };
}

/** Where a member's value stands. */
interface Member {
  readonly key: string;
  readonly at: number;
  readonly end: number;
}

function membersOf(document: Buffer, body: Buffer): readonly Member[] {
  const start = skipBlanks(document, 0);
  if (document[start] !== OPEN_BRACE) {
    skipValue(body, skipBlanks(body, 0));
    throw new PlinthError("REQUEST_INVALID", "Expected an object with a value for each input");
  }
  const members: Member[] = [];
  const walker = new ObjectWalker(document);
  for (let at = walker.enter(start); at >= 0; ) {
    const { key } = walker;
    const end = skipValue(document, at);
    members.push({ key, at, end });
    at = walker.next(end);
  }
  return members;
}

/** `undefined` also where what stands there are no parameters: it may be an input of that name. */
function signatureName(document: Buffer, members: readonly Member[]): string | undefined {
  const found = members.find(({ key }) => key === "parameters");
  if (found === undefined || document[found.at] !== OPEN_BRACE) return undefined;
  const { signature_name } = readValue(document, found.at, found.end) as { readonly signature_name?: unknown };
  return typeof signature_name === "string" && signature_name !== "" ? signature_name : undefined;
}

/** An object with the model, its version, and a value for each output: that of its only element, else lists without leading axes of 1. */
export function encodeGenerate(answer: InferenceAnswer): Answer {
  const out = new JsonBuffer(1_024);
  writeAnswer(out, answer);
  return { status: 200, chunks: [out.finish()], headers: JSON_TYPE };
}

/** The same as a server-sent event: https://html.spec.whatwg.org/multipage/server-sent-events.html */
export function encodeEvent(answer: InferenceAnswer): Uint8Array {
  const out = new JsonBuffer(1_024);
  out.ascii(DATA);
  writeAnswer(out, answer);
  out.ascii(EVENT_END);
  return out.finish();
}

/** The event that a stream ends with which fails: `{"error": "<message>"}`. */
export function encodeError({ message }: PlinthError): Uint8Array {
  const out = new JsonBuffer(message.length + 64);
  out.ascii(`${DATA}{"error":`);
  writeText(out, message);
  out.byte(CLOSE_BRACE);
  out.ascii(EVENT_END);
  return out.finish();
}

const DATA = "data: ";
const EVENT_END = "\n\n";

function writeAnswer(out: JsonBuffer, { model, version, id, outputs }: InferenceAnswer): void {
  out.ascii('{"model_name":');
  writeText(out, model);
  out.ascii(`,"model_version":"${version}"`);
  if (id !== undefined && id !== "") {
    out.ascii(',"id":');
    writeText(out, id);
  }
  for (const { name, tensor } of outputs) {
    out.byte(COMMA);
    writeText(out, name);
    out.byte(COLON);
    tensorWriter(tensor, false)(out, trimmed(tensor.shape), 0);
  }
  out.byte(CLOSE_BRACE);
}

function fitted(tensor: Tensor, { shape }: TensorSpec): Tensor {
  if (shape === undefined || tensor.shape.length === shape.length || tensor.shape.length > 1) return tensor;
  const open = shape.lastIndexOf(-1);
  const rest = elementCount(shape.filter((_, axis) => axis !== open).map((length) => Math.max(length, 1)));
  const length = elementCount(tensor.shape) / rest;
  const filled = shape.map((each, axis) => (axis === open ? length : each === -1 ? 1 : each));
  if (!Number.isInteger(length) || (open === -1 && length !== 1)) return tensor;
  return createTensor(tensor.dtype, filled, tensor.data) as Tensor;
}

function trimmed(shape: readonly number[]): readonly number[] {
  const first = shape.findIndex((length) => length !== 1);
  return first === -1 ? [] : shape.slice(first);
}
