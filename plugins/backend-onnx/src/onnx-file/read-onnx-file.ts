import { PlinthError } from "@plinth/core";
import { type ByteSource, BytesInMemory, OpenFile } from "./byte-source.js";
import { FieldReader, MalformedMessage } from "./field-reader.js";
import { foreignFormat } from "./foreign-format.js";
import { OnnxFileWalk } from "./onnx-file-walk.js";

/** What an ONNX file says, as far as ONNX Runtime's JavaScript binding does not tell it or tells it too late. */
export interface OnnxFile {
  /** Inputs of the graph without those that have a default (an initializer of the same name). */
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** Parts of other files in which tensors are kept, anywhere in the model. */
  readonly externalData: readonly ExternalData[];
  /** 0 where the file does not say. */
  readonly irVersion: number;
  /** Version of each operator set that the model imports, by domain; ONNX's own domain is `""`. */
  readonly opsets: ReadonlyMap<string, number>;
  /** Name and version of the program that wrote the file, as it says itself. */
  readonly producer: string;
}

export interface OnnxValue {
  readonly name: string;
  readonly kind: "tensor" | "sequence" | "map" | "opaque" | "sparse tensor" | "optional" | "untyped";
  /** A number of `TensorProto.DataType`; 0 for what is no tensor. */
  readonly elementType: number;
  /** Whether the file says that the rank is 0. An unknown rank is no scalar. */
  readonly scalar: boolean;
}

export interface ExternalData {
  readonly tensor: string;
  /** As the file spells it; not to be trusted. */
  readonly location: string;
  readonly offset: number;
  /** 0 where the file does not say. */
  readonly bytes: number;
}

/** Protobuf's own limit. */
const MAX_FILE_BYTES = 2 ** 31 - 1;
const HEAD_BYTES = 64;

/** Where a model is: the path of its file, or the file's content. */
export type ModelSource = string | Uint8Array;

/**
 * Reads an {@link OnnxFile} and checks on the way that the file is whole. Weights are skipped, not read.
 *
 * @param name What the file is called in messages.
 * @throws PlinthError `MODEL_FILE_INVALID`
 */
export function readOnnxFile(model: ModelSource, name: string): OnnxFile {
  const source = openSource(model, name);
  const reader = new FieldReader(source);
  try {
    checkContent(reader, name);
    const file = new OnnxFileWalk(reader).run();
    if (file !== undefined) return file;
    throw new PlinthError(
      "MODEL_FILE_INVALID",
      `${name} holds no graph: expected an ONNX model. Export the model again`,
    );
  } catch (thrown) {
    if (!(thrown instanceof MalformedMessage)) throw thrown;
    throw new PlinthError(
      "MODEL_FILE_INVALID",
      thrown.truncated
        ? `${name} is truncated after ${reader.bytes} bytes: ${thrown.message}. Copy it again`
        : `${name} is no ONNX file, or a damaged one: ${thrown.message}. Export or copy the model again`,
      { cause: thrown },
    );
  } finally {
    source.close();
  }
}

function openSource(model: ModelSource, name: string): ByteSource {
  if (typeof model !== "string") return new BytesInMemory(model);
  try {
    return new OpenFile(model);
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    const message = `${name} cannot be opened (${code}): check that it is there and readable`;
    throw new PlinthError("MODEL_FILE_INVALID", message, { cause: thrown });
  }
}

function checkContent(reader: FieldReader, name: string): void {
  if (reader.bytes === 0) {
    throw new PlinthError("MODEL_FILE_INVALID", `Expected an ONNX model in ${name}, but it is empty. Copy it again`);
  }
  const foreign = foreignFormat(reader.read(0, HEAD_BYTES));
  if (foreign !== undefined) {
    throw new PlinthError(
      "MODEL_FILE_INVALID",
      `Expected an ONNX model in ${name}, but it is ${foreign.is}: ${foreign.fix}`,
    );
  }
  if (reader.bytes > MAX_FILE_BYTES) {
    throw new PlinthError(
      "MODEL_FILE_INVALID",
      `${name} has ${reader.bytes} bytes, past the 2 GiB that an ONNX file may have: save its weights as external data`,
    );
  }
}
