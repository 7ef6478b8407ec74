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
 * holds views over `input`.
 *
 * @param input the serialized message; `undefined` where the request has none
 * @throws PlinthError `REQUEST_INVALID` for bytes that are no such message, and for no or too many examples
 */
export function readInput(input: Uint8Array | undefined): ExampleBatch {
  if (input === undefined) return ExampleBatch.ofSerialized([]);
  let lists: ExampleLists;
  try {
    // Else the views of a Buffer would be Buffers, which cost more to make.
    lists = readLists(new Uint8Array(input.buffer, input.byteOffset, input.byteLength));
  } catch (cause) {
    if (cause instanceof PlinthError) throw cause;
    const { message } = PlinthError.from(cause);
    throw new PlinthError("REQUEST_INVALID", `The input is no list of examples: ${message}`, { cause });
  }
  return ExampleBatch.ofSerialized(lists.examples, lists.context);
}

interface ExampleLists {
  readonly examples: readonly Uint8Array[];
  readonly context: Uint8Array | undefined;
}

/** Of several lists the last counts. */
function readLists(input: Uint8Array): ExampleLists {
  let lists: ExampleLists = { examples: [], context: undefined };
  readFields(input, (reader, field, wireType) => {
    if (wireType !== WireType.LengthDelimited) return false;
    if (field !== EXAMPLE_LIST && field !== EXAMPLE_LIST_WITH_CONTEXT) return false;
    const { examples, context } = readList(reader.bytes());
    lists = { examples, context: field === EXAMPLE_LIST_WITH_CONTEXT ? context : undefined };
    return true;
  });
  return lists;
}

function readList(list: Uint8Array): ExampleLists {
  const examples: Uint8Array[] = [];
  let context: Uint8Array | undefined;
  readFields(list, (reader, field, wireType) => {
    if (wireType !== WireType.LengthDelimited) return false;
    if (field === CONTEXT) context = reader.bytes();
    else if (field !== EXAMPLES) return false;
    else if (examples.push(reader.bytes()) > MAX_EXAMPLES) throw tooManyExamples(examples.length);
    return true;
  });
  return { examples, context };
}
