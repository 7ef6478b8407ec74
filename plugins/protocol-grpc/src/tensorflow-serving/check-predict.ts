import { missingInputs, type NamedTensors, PlinthError, type Signature } from "@plinth/core";
import { DATA_TYPES } from "./data-types.js";

// In TensorFlow Serving's words, as far as its tests and its clients look for them.

/** Whether the signature's inputs were sent, but for those with a default, and no others. @throws PlinthError `INPUT_MISSING`, `INPUT_UNKNOWN` */
export function checkSentInputs(signature: Signature, sent: ReadonlyMap<string, unknown>): void {
  const { inputs } = signature;
  let present = 0;
  for (const name of inputs.keys()) if (sent.has(name)) present++;
  if (present === inputs.size && present === sent.size) return;
  const missing = missingInputs(signature, (name) => sent.has(name));
  const extra = [...sent.keys()].filter((name) => !inputs.has(name));
  if (missing.length + extra.length === 0) return;
  const faults = [
    ...(extra.length > 0 ? [`Sent extra: ${namesOf(extra)}`] : []),
    ...(missing.length > 0 ? [`Missing but required: ${namesOf(missing)}`] : []),
  ];
  throw new PlinthError(
    missing.length > 0 ? "INPUT_MISSING" : "INPUT_UNKNOWN",
    `input size does not match signature: ${sent.size}!=${inputs.size} len(${namesOf([...sent.keys()])}) != len(${namesOf([...inputs.keys()])}). ` +
      `${faults.join(". ")}.`,
    { details: { missing, extra: extra.slice(0, MAX_LISTED) } },
  );
}

/** Whether the tensors are of the signature's types. @throws PlinthError `INPUT_DTYPE_MISMATCH` */
export function checkInputTypes({ inputs }: Signature, tensors: NamedTensors): void {
  let index = 0;
  for (const [name, { dtype }] of inputs) {
    const got = tensors.get(name)?.dtype ?? dtype;
    if (got !== dtype) {
      throw new PlinthError(
        "INPUT_DTYPE_MISMATCH",
        `Input "${name}": Expects arg[${index}] to be ${DATA_TYPES[dtype].name} but ${DATA_TYPES[got].name} is provided`,
        { details: { input: name, expected: dtype, got } },
      );
    }
    index++;
  }
}

/** The outputs that are wanted; `undefined`: all. @throws PlinthError `OUTPUT_UNKNOWN` */
export function checkOutputFilter({ outputs }: Signature, filter: readonly string[]): readonly string[] | undefined {
  if (filter.length === 0) return undefined;
  const seen = new Set<string>();
  for (const name of filter) {
    if (!outputs.has(name)) {
      throw unknown(
        `output tensor alias not found in signature: ${name} Outputs expected to be in the set ${namesOf([...outputs.keys()])}.`,
      );
    }
    if (seen.has(name)) throw unknown(`duplicate output tensor alias: ${name}`);
    seen.add(name);
  }
  return filter;
}

/** Most names that a message lists. */
const MAX_LISTED = 20;

function namesOf(names: readonly string[]): string {
  const listed = [...names].sort().slice(0, MAX_LISTED);
  return `{${listed.join(",")}${names.length > MAX_LISTED ? ",..." : ""}}`;
}

function unknown(message: string): PlinthError {
  return new PlinthError("OUTPUT_UNKNOWN", message);
}
