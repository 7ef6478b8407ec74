import { type NamedTensors, PlinthError, type Signature } from "@plinth/core";
import { CLOSE_BRACE, OPEN_BRACE, QUOTE } from "../json/characters.js";
import { ObjectWalker } from "../json/object-walker.js";
import { skipValue } from "../json/skip-value.js";
import { closingQuote } from "../json/strings.js";
import { asBuffer, findMembers, findSignatureName, SIGNATURE_KEY, signatureName, startOf } from "./document.js";
import { explainInputs, explainInstances } from "./explain.js";
import { readInputs, readInstances } from "./read-inputs.js";

/** The body of a predict request. */
export interface PredictRequest {
  /** What the client named; `undefined` where it named none, or the empty string. */
  readonly signature: string | undefined;
  /** How the inputs were written, and so how the outputs are to be written. */
  readonly format: PredictFormat;
  /** Every input of the signature and no other. String elements may be views over the request's body. */
  readonly inputs: NamedTensors;
}

/** `row`: a list of instances, each with all inputs (`instances`). `columnar`: each input with all its values (`inputs`). */
export type PredictFormat = "row" | "columnar";

/**
 * Reads the body of a predict request: `{"signature_name": "...", "instances": [...]}` or `{..., "inputs": ...}`.
 *
 * Lenient where TensorFlow Serving is: `NaN`, `Infinity` and `-Infinity` are numbers, other keys are skipped, the first of two
 * equal keys counts, a byte order mark before the document and any text after it are passed over. Otherwise JSON to the letter.
 * Shapes are not compared with the signature's: the server does that.
 *
 * @param body is not copied where strings are views over it; nobody may write to it as long as the inputs are in use
 * @param findSignature gives the signature of that name, or of the default one for `undefined`. What it throws is passed on
 *   after errors of syntax in the whole document, and before errors of tensors. It may be called more than once.
 * @throws PlinthError `REQUEST_INVALID` where the document is no JSON (with the byte in `details.offset`) or not of this form,
 *   `TENSOR_INVALID` where a tensor's elements do not make one of the signature's dtype, `NOT_IMPLEMENTED` for complex inputs
 */
export function decodePredict(
  body: Uint8Array,
  findSignature: (name: string | undefined) => Signature,
): PredictRequest {
  const bytes = asBuffer(body);
  return decodeOptimistically(bytes, findSignature) ?? decodeCarefully(bytes, findSignature);
}

/**
 * One pass that knows no reasons: it gives up on anything unusual, which {@link decodeCarefully} then meets again. Errors come
 * in another order here than the one that is promised, so that none may leave this function.
 */
function decodeOptimistically(
  bytes: Buffer,
  findSignature: (name: string | undefined) => Signature,
): PredictRequest | undefined {
  // The loops below stop at this brace instead of asking for the end at each byte.
  const document = bytes.subarray(0, bytes.lastIndexOf(CLOSE_BRACE) + 1);
  const start = startOf(document);
  if (document[start] !== OPEN_BRACE) return undefined;
  try {
    let named: string | undefined;
    let nameSeen = false;
    let request: PredictRequest | undefined;
    let readAs: "instances" | "inputs" | undefined;
    const walker = new ObjectWalker(document);
    for (let at = walker.enter(start); at >= 0; at = walker.next(at)) {
      const { key } = walker;
      if (key === SIGNATURE_KEY && !nameSeen) {
        if (document[at] !== QUOTE) return undefined;
        nameSeen = true;
        const end = closingQuote(document, at) + 1;
        named = signatureName(document, at, end);
        at = end;
        if (request !== undefined && named !== request.signature) return undefined;
      } else if ((key === "instances" || key === "inputs") && key !== readAs) {
        if (request !== undefined) return undefined;
        const { inputs } = findSignature(named);
        const read = key === "instances" ? readInstances(document, at, inputs) : readInputs(document, at, inputs);
        if (read === undefined) return undefined;
        readAs = key;
        request = { signature: named, format: key === "instances" ? "row" : "columnar", inputs: read.tensors };
        at = read.end;
      } else {
        at = skipValue(document, at);
      }
    }
    return request;
  } catch {
    return undefined;
  }
}

/** Checks one thing after the other, in the order that clients may rely on: syntax, the signature's name, form, tensors. */
function decodeCarefully(bytes: Buffer, findSignature: (name: string | undefined) => Signature): PredictRequest {
  const members = findMembers(bytes, KEYS, '{"instances": [...]} or {"inputs": ...}');
  const signature = findSignatureName(bytes, members);
  const { inputs } = findSignature(signature);
  const instances = members.get("instances");
  const columns = members.get("inputs");
  if (instances !== undefined && columns !== undefined) {
    throw invalid(
      "Not formatted correctly: expected one of 'instances' (row format) and 'inputs' (columnar format), got both",
    );
  }
  if (instances !== undefined) {
    const read = readInstances(bytes, instances.at, inputs);
    if (read === undefined) explainInstances(bytes, instances.at, inputs);
    return { signature, format: "row", inputs: read.tensors };
  }
  if (columns !== undefined) {
    const read = readInputs(bytes, columns.at, inputs);
    if (read === undefined) explainInputs(bytes, columns.at, inputs);
    return { signature, format: "columnar", inputs: read.tensors };
  }
  throw invalid(
    "Missing 'inputs' or 'instances' key: expected 'instances' (row format) or 'inputs' (columnar format), got neither",
  );
}

function invalid(message: string): PlinthError {
  return new PlinthError("REQUEST_INVALID", message);
}

const KEYS = [SIGNATURE_KEY, "instances", "inputs"];
