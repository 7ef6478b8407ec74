import { PlinthError, type Tensor } from "@plinth/core";
import {
  checkShape,
  dtypeOf,
  type NamedTensor,
  NO_PARAMETERS,
  type Parameters,
  readRawTensor,
  refuseSharedMemory,
  unsigned,
} from "@plinth/open-inference";
import { OPEN_BRACE } from "../json/characters.js";
import { ObjectWalker } from "../json/object-walker.js";
import { skipValue } from "../json/skip-value.js";
import { type DataRead, readData, shaped } from "./read-data.js";
import { readParameters, readText, readValue } from "./small-values.js";

/** What an object says of one input. */
interface InputParts {
  name?: string;
  datatype?: string;
  shape?: unknown;
  parameters: Parameters;
  /** Where `data` stands that came before `datatype`. */
  dataAt?: number;
  data?: Tensor;
}

/** Reads the objects of `inputs`, one after the other. */
export class InputReader {
  /** Where the object ends that was read last. */
  end = -1;
  readonly #bytes: Buffer;
  /** What of the raw tensors behind the document no input has taken yet. */
  #raw: Buffer;
  readonly #walker: ObjectWalker;

  constructor(bytes: Buffer, raw: Buffer) {
    this.#bytes = bytes;
    this.#raw = raw;
    this.#walker = new ObjectWalker(bytes);
  }

  /** Bytes of raw tensors that are left over. */
  get unread(): number {
    return this.#raw.length;
  }

  /** @throws PlinthError `REQUEST_INVALID`, `TENSOR_INVALID`, `NOT_IMPLEMENTED` */
  read(at: number): NamedTensor {
    const { name, datatype, shape, parameters, data, dataAt } = this.#parts(at);
    if (name === undefined) throw invalid("Every input needs a 'name'");
    if (datatype === undefined) throw invalid(`Input '${name}' needs a 'datatype'`);
    const form = { name, dtype: dtypeOf(datatype, name), shape: checkShape(shape, name) };
    refuseSharedMemory(parameters);
    const rawBytes = unsigned(parameters, "binary_data_size");
    const written = data ?? (dataAt === undefined ? undefined : readData(this.#bytes, dataAt, form.dtype).tensor);
    if ((written === undefined) === (rawBytes === undefined)) throw notOneForm(name, written !== undefined);
    if (written !== undefined) return { name, tensor: shaped(written, form) };
    return { name, tensor: readRawTensor(form.dtype, form.shape, this.#take(rawBytes ?? 0, name), name) };
  }

  #parts(at: number): InputParts {
    const bytes = this.#bytes;
    if (bytes[at] !== OPEN_BRACE) throw invalid("Expected every element of 'inputs' to be an object");
    const parts: InputParts = { parameters: NO_PARAMETERS };
    const walker = this.#walker;
    for (at = walker.enter(at); at >= 0; at = walker.next(at)) {
      if (walker.key === "data" && parts.datatype !== undefined) {
        const read: DataRead = readData(bytes, at, dtypeOf(parts.datatype, parts.name ?? ""));
        parts.data = read.tensor;
        at = read.end;
        continue;
      }
      const end = skipValue(bytes, at);
      this.#note(parts, walker.key, at, end);
      at = end;
    }
    this.end = walker.end;
    return parts;
  }

  #note(parts: InputParts, key: string, at: number, end: number): void {
    const bytes = this.#bytes;
    if (key === "name") parts.name = readText(bytes, at, end, key);
    else if (key === "datatype") parts.datatype = readText(bytes, at, end, key);
    else if (key === "shape") parts.shape = readValue(bytes, at, end);
    else if (key === "parameters") parts.parameters = readParameters(bytes, at, end);
    else if (key === "data") parts.dataAt = at;
  }

  #take(length: number, name: string): Buffer {
    if (length > this.#raw.length) {
      throw invalid(
        `Input '${name}' has a binary_data_size of ${length} bytes, but only ${this.#raw.length} are left of the body behind its JSON`,
      );
    }
    const taken = this.#raw.subarray(0, length);
    this.#raw = this.#raw.subarray(length);
    return taken;
  }
}

function notOneForm(name: string, isBoth: boolean): PlinthError {
  return invalid(
    `Input '${name}' must have exactly one of 'data' and the parameter 'binary_data_size', it has ${isBoth ? "both" : "neither"}`,
  );
}

function invalid(message: string): PlinthError {
  return new PlinthError("REQUEST_INVALID", message);
}
