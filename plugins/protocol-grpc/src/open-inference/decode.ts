import { PlinthError, type Tensor } from "@plinth/core";
import {
  checkShape,
  dtypeOf,
  type InferenceRequest,
  type NamedTensor,
  type Parameters,
  type ParameterValue,
  type RequestedOutput,
  readRawTensor,
  refuseSharedMemory,
} from "@plinth/open-inference";
import { InferParameter } from "@plinth/protobuf-messages/inference/grpc_service";
import { decodeMessage } from "../calls/service.js";
import type { TensorBudget } from "../wire/tensor-budget.js";
import { LENGTH_DELIMITED, tag, VARINT } from "../wire/wire-format.js";
import { WireReader } from "../wire/wire-reader.js";
import { readTypedContents } from "./typed-contents.js";

const MODEL_NAME = tag(1, LENGTH_DELIMITED);
const MODEL_VERSION = tag(2, LENGTH_DELIMITED);
const ID = tag(3, LENGTH_DELIMITED);
const PARAMETERS = tag(4, LENGTH_DELIMITED);
const INPUTS = tag(5, LENGTH_DELIMITED);
const OUTPUTS = tag(6, LENGTH_DELIMITED);
const RAW_INPUT_CONTENTS = tag(7, LENGTH_DELIMITED);

const TENSOR_NAME = tag(1, LENGTH_DELIMITED);
const TENSOR_DATATYPE = tag(2, LENGTH_DELIMITED);
const TENSOR_SHAPE = tag(3, VARINT);
const TENSOR_SHAPE_PACKED = tag(3, LENGTH_DELIMITED);
const TENSOR_PARAMETERS = tag(4, LENGTH_DELIMITED);
const TENSOR_CONTENTS = tag(5, LENGTH_DELIMITED);
const OUTPUT_PARAMETERS = tag(2, LENGTH_DELIMITED);
const KEY = tag(1, LENGTH_DELIMITED);
const VALUE = tag(2, LENGTH_DELIMITED);

/** Most inputs, outputs, parameters and axes of one request. */
const MAX_PARTS = 65_536;

/** What a `ModelInferRequest` asks, before its tensors are looked at. */
export interface InferOutline {
  readonly model: string;
  /** Empty: as the model's traffic rules say. */
  readonly version: string;
  readonly id: string;
}

/** @throws PlinthError `REQUEST_INVALID` */
export function readOutline(message: Buffer): InferOutline {
  let [model, version, id] = ["", "", ""];
  const reader = new WireReader(message);
  while (reader.next()) {
    if (reader.tag === MODEL_NAME) model = reader.string();
    else if (reader.tag === MODEL_VERSION) version = reader.string();
    else if (reader.tag === ID) id = reader.string();
    else reader.skip();
  }
  return { model, version, id };
}

/**
 * Reads the rest of a `ModelInferRequest`. Elements in `raw_input_contents` are views of the message where their place in memory permits.
 *
 * @param budget bounds what has to be allocated for elements in `contents`
 * @throws PlinthError `REQUEST_INVALID`, `TENSOR_INVALID`, `NOT_IMPLEMENTED` for shared memory
 */
export function readInfer(message: Buffer, id: string, budget: TensorBudget): InferenceRequest {
  const parameters = new Map<string, ParameterValue>();
  const inputs: InputParts[] = [];
  const outputs: RequestedOutput[] = [];
  const raw: Buffer[] = [];
  const reader = new WireReader(message);
  while (reader.next()) {
    if (reader.tag === INPUTS) inputs.push(readInput(reader.message()));
    else if (reader.tag === RAW_INPUT_CONTENTS) raw.push(reader.bytes());
    else if (reader.tag === OUTPUTS) outputs.push(readOutput(reader.message()));
    else if (reader.tag === PARAMETERS) readParameter(reader.message(), parameters);
    else reader.skip();
    if (Math.max(inputs.length, raw.length, outputs.length, parameters.size) > MAX_PARTS) throw tooMany();
  }
  if (raw.length > 0) checkRaw(inputs, raw.length);
  const tensors = inputs.map((parts, index): NamedTensor => {
    return { name: parts.name, tensor: tensorOf(parts, raw[index], budget) };
  });
  return { id, parameters, inputs: tensors, outputs };
}

/** What an `InferInputTensor` says. */
interface InputParts {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly parameters: Parameters;
  /** An `InferTensorContents`. */
  readonly contents: Buffer | undefined;
}

function readInput(reader: WireReader): InputParts {
  let [name, datatype] = ["", ""];
  const shape: number[] = [];
  const parameters = new Map<string, ParameterValue>();
  let contents: Buffer | undefined;
  while (reader.next()) {
    if (reader.tag === TENSOR_NAME) name = reader.string();
    else if (reader.tag === TENSOR_DATATYPE) datatype = reader.string();
    else if (reader.tag === TENSOR_SHAPE) shape.push(Number(reader.int64()));
    else if (reader.tag === TENSOR_SHAPE_PACKED) readShape(reader.message(), shape);
    else if (reader.tag === TENSOR_PARAMETERS) readParameter(reader.message(), parameters);
    else if (reader.tag === TENSOR_CONTENTS) contents = reader.bytes();
    else reader.skip();
    if (shape.length > MAX_PARTS || parameters.size > MAX_PARTS) throw tooMany();
  }
  return { name, datatype, shape, parameters, contents };
}

function readShape(packed: WireReader, shape: number[]): void {
  while (!packed.isAtEnd && shape.length <= MAX_PARTS) shape.push(Number(packed.int64()));
}

function readOutput(reader: WireReader): RequestedOutput {
  let name = "";
  const parameters = new Map<string, ParameterValue>();
  while (reader.next()) {
    if (reader.tag === TENSOR_NAME) name = reader.string();
    else if (reader.tag === OUTPUT_PARAMETERS) readParameter(reader.message(), parameters);
    else reader.skip();
    if (parameters.size > MAX_PARTS) throw tooMany();
  }
  return { name, parameters };
}

/** One entry of a map of `InferParameter`; of equal keys the last counts, and one without a value is none. */
function readParameter(reader: WireReader, parameters: Map<string, ParameterValue>): void {
  let key = "";
  let value: ParameterValue | undefined;
  while (reader.next()) {
    if (reader.tag === KEY) key = reader.string();
    else if (reader.tag === VALUE) value = decodeMessage(InferParameter, reader.bytes()).parameterChoice?.value;
    else reader.skip();
  }
  if (value !== undefined) parameters.set(key, value);
}

function tensorOf(parts: InputParts, raw: Buffer | undefined, budget: TensorBudget): Tensor {
  const { name, datatype, parameters, contents } = parts;
  refuseSharedMemory(parameters);
  const dtype = dtypeOf(datatype, name);
  const shape = checkShape(parts.shape, name);
  return raw === undefined
    ? readTypedContents(contents ?? NO_BYTES, { name, dtype, shape }, budget)
    : readRawTensor(dtype, shape, raw, name);
}

function checkRaw(inputs: readonly InputParts[], count: number): void {
  const typed = inputs.find(({ contents }) => contents !== undefined && contents.length > 0);
  if (typed !== undefined) {
    throw invalid(
      `contents field must not be specified when using raw_input_contents, but it is for input '${typed.name}'`,
    );
  }
  if (count !== inputs.length) {
    throw invalid(`expected raw_input_contents for each of the ${inputs.length} inputs, got ${count}`);
  }
}

function tooMany(): PlinthError {
  return invalid(`Expected at most ${MAX_PARTS} inputs, outputs, parameters and dimensions, got more`);
}

function invalid(message: string): PlinthError {
  return new PlinthError("REQUEST_INVALID", message);
}

const NO_BYTES: Buffer = Buffer.alloc(0);
