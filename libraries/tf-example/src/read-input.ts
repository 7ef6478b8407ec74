import { WireType } from "@bufbuild/protobuf/wire";
import { PlinthError } from "@plinth/core";
import { ExampleBatch, MAX_EXAMPLES, tooManyExamples } from "./example-batch.js";
import { readFields } from "./read-fields.js";

/** Field numbers of `tensorflow_serving/apis/input.proto`. */
const EXAMPLE_LIST = 1;
const EXAMPLE_LIST_WITH_CONTEXT = 2;
const EXAMPLES = 1;
const CONTEXT = 2;

/**
 * Reads TensorFlow Serving's message `Input`: a list of examples, with or without a context. The examples are not parsed; the batch
 * holds views over `bytes`.
 *
 * @param bytes the serialized message; `undefined` where the request has none
 * @throws PlinthError `REQUEST_INVALID` for bytes that are no such message, and for no or too many examples
 */
export function readInput(bytes: Uint8Array | undefined): ExampleBatch {
  let list: Uint8Array | undefined;
  let withContext = false;
  let examples: Uint8Array[] = [];
  let context: Uint8Array | undefined;
  try {
    readFields(bytes ?? EMPTY, (reader, field, wireType) => {
      const known = field === EXAMPLE_LIST || field === EXAMPLE_LIST_WITH_CONTEXT;
      if (!known || wireType !== WireType.LengthDelimited) return false;
      withContext = field === EXAMPLE_LIST_WITH_CONTEXT;
      list = reader.bytes();
      return true;
    });
    examples = [];
    readFields(list ?? EMPTY, (reader, field, wireType) => {
      if (wireType !== WireType.LengthDelimited) return false;
      if (field === EXAMPLES) {
        if (examples.push(reader.bytes()) > MAX_EXAMPLES) throw tooManyExamples(examples.length);
      } else if (field === CONTEXT && withContext) context = reader.bytes();
      else return false;
      return true;
    });
  } catch (thrown) {
    if (thrown instanceof PlinthError) throw thrown;
    const { message } = PlinthError.from(thrown);
    throw new PlinthError("REQUEST_INVALID", `The input is no list of examples: ${message}`, { cause: thrown });
  }
  return ExampleBatch.ofSerialized(examples, context);
}

const EMPTY = new Uint8Array(0);
