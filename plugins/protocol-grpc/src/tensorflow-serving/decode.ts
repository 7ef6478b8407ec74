import { type NamedTensors, PlinthError, type Signature, type Tensor } from "@plinth/core";
import { TensorBudget } from "../wire/tensor-budget.js";
import { LENGTH_DELIMITED, tag } from "../wire/wire-format.js";
import { WireReader } from "../wire/wire-reader.js";
import { checkOutputFilter, checkSentInputs } from "./check-predict.js";
import { checkModelSpec, type ModelSpec, readModelSpec } from "./model-spec.js";
import { readTensor } from "./tensor-proto.js";

const MODEL_SPEC = tag(1, LENGTH_DELIMITED);
const INPUTS = tag(2, LENGTH_DELIMITED);
const OUTPUT_FILTER = tag(3, LENGTH_DELIMITED);
const KEY = tag(1, LENGTH_DELIMITED);
const VALUE = tag(2, LENGTH_DELIMITED);

/** Most inputs, and most names of outputs, of one request. */
const MAX_NAMES = 65_536;

/**
 * What a `PredictRequest` asks, before its tensors are looked at.
 *
 * @throws PlinthError `REQUEST_INVALID`
 */
export function readPredictTarget(message: Buffer): ModelSpec {
  let spec: ModelSpec | undefined;
  const reader = new WireReader(message);
  while (reader.next()) {
    if (reader.tag === MODEL_SPEC) spec = readModelSpec(reader.message(), spec);
    else reader.skip();
  }
  return checkModelSpec(spec);
}

/** The tensors of a `PredictRequest`, and which outputs it wants. */
export interface PredictCall {
  readonly inputs: NamedTensors;
  /** `undefined`: all. */
  readonly outputs: readonly string[] | undefined;
}

/**
 * Reads the rest of a `PredictRequest` for the signature that it names.
 *
 * @param maxBytes as {@link TensorBudget}
 * @throws PlinthError `REQUEST_INVALID`, `INPUT_MISSING`, `INPUT_UNKNOWN`, `INPUT_DTYPE_MISMATCH`, `OUTPUT_UNKNOWN`, `TENSOR_INVALID`
 */
export function readPredict(message: Buffer, signature: Signature, maxBytes: number): PredictCall {
  const messages = new Map<string, Buffer>();
  const filter: string[] = [];
  const reader = new WireReader(message);
  while (reader.next()) {
    if (reader.tag === INPUTS) readEntry(reader.message(), messages);
    else if (reader.tag === OUTPUT_FILTER) filter.push(reader.string());
    else reader.skip();
    if (messages.size > MAX_NAMES || filter.length > MAX_NAMES) throw tooMany();
  }
  checkSentInputs(signature, messages);
  const outputs = checkOutputFilter(signature, filter);
  const budget = new TensorBudget(maxBytes);
  const inputs = new Map<string, Tensor>();
  for (const [name, tensor] of messages) inputs.set(name, readInput(name, tensor, budget));
  return { inputs, outputs };
}

/** One entry of a map; of equal keys the last counts. */
function readEntry(reader: WireReader, entries: Map<string, Buffer>): void {
  let key = "";
  let value = EMPTY_TENSOR;
  while (reader.next()) {
    if (reader.tag === KEY) key = reader.string();
    else if (reader.tag === VALUE) value = reader.bytes();
    else reader.skip();
  }
  entries.set(key, value);
}

const EMPTY_TENSOR: Buffer = Buffer.alloc(0);

function readInput(name: string, message: Buffer, budget: TensorBudget): Tensor {
  try {
    return readTensor(message, budget);
  } catch (thrown) {
    const { code, reason, message: why } = PlinthError.from(thrown);
    throw new PlinthError({ code, reason }, `Input "${name}": ${why}`, { details: { input: name }, cause: thrown });
  }
}

function tooMany(): PlinthError {
  return new PlinthError("REQUEST_INVALID", `Expected at most ${MAX_NAMES} inputs and names of outputs, got more`);
}
