import { elementCount, formatShape, type NamedTensors, PlinthError, type Tensor } from "@plinth/core";
import { CLOSE_BRACE, COLON, COMMA, OPEN_BRACE } from "../json/characters.js";
import { JsonBuffer } from "../json/json-buffer.js";
import { MAX_FLOAT32_BYTES } from "../json/write-float32.js";
import { writeText } from "../json/write-string.js";
import { tensorWriter, type WriteTensor } from "../json/write-tensor.js";
import type { PredictFormat } from "./decode.js";

/**
 * Writes the answer to a predict request.
 *
 * - `row`: `{"predictions": [...]}`, an element for each index of the outputs' first axis, which must be of one length: the bare
 *   value of a single output, else an object of all outputs, in their order.
 * - `columnar`: `{"outputs": ...}`, the value of a single output, else an object of all of them.
 *
 * Numbers are laid out as C's `%g` would with the fewest digits that read back the same; whole floats end in `.0`; `NaN`,
 * `Infinity` and `-Infinity` are bare tokens. Strings that are not UTF-8, and all of an output whose name ends in `_bytes`, are
 * written as `{"b64": "..."}`.
 *
 * @throws PlinthError `TENSOR_INVALID` for complex numbers and for no outputs at all; `REQUEST_INVALID` where the outputs have
 *   no rows, or not equally many, so that the request should have been columnar
 */
export function encodePredict(outputs: NamedTensors, format: PredictFormat): Buffer {
  if (outputs.size === 0) {
    throw new PlinthError("TENSOR_INVALID", "Cannot write an empty tensor map: expected at least one output");
  }
  const columns: Column[] = [];
  let expectedBytes = 64;
  for (const [name, tensor] of outputs) {
    columns.push({ name, tensor, write: tensorWriter(tensor, name.endsWith(BINARY_SUFFIX)) });
    expectedBytes += tensor.data.length * EXPECTED_ELEMENT_BYTES;
  }
  const out = new JsonBuffer(expectedBytes);
  if (format === "row") writeRows(out, columns);
  else writeColumns(out, columns);
  return out.finish();
}

/** Writes `{"error": "<message>"}`. */
export function encodeError(message: string): Buffer {
  const out = new JsonBuffer(message.length + 64);
  out.ascii('{"error":');
  writeText(out, message);
  out.byte(CLOSE_BRACE);
  return out.finish();
}

interface Column {
  readonly name: string;
  readonly tensor: Tensor;
  readonly write: WriteTensor;
}

function writeColumns(out: JsonBuffer, columns: readonly Column[]): void {
  out.ascii('{"outputs":');
  writeValues(out, columns, ({ tensor, write }) => write(out, tensor.shape, 0));
  out.byte(CLOSE_BRACE);
}

function writeRows(out: JsonBuffer, columns: readonly Column[]): void {
  const rows = countRows(columns);
  const [only] = columns;
  if (only !== undefined && columns.length === 1) {
    // The list of all rows of one tensor is that tensor.
    out.ascii('{"predictions":');
    only.write(out, only.tensor.shape, 0);
    out.byte(CLOSE_BRACE);
    return;
  }
  const parts = columns.map(({ name, tensor, write }) => {
    const shape = tensor.shape.slice(1);
    return { name, shape, elements: elementCount(shape), write };
  });
  out.ascii('{"predictions":[');
  for (let row = 0; row < rows; row++) {
    if (row > 0) out.byte(COMMA);
    writeValues(out, parts, ({ write, shape, elements }) => write(out, shape, row * elements));
  }
  out.ascii("]}");
}

function countRows(columns: readonly Column[]): number {
  let rows: number | undefined;
  for (const { name, tensor } of columns) {
    const [length] = tensor.shape;
    if (length === undefined) {
      throw new PlinthError(
        "REQUEST_INVALID",
        `Output "${name}" has no shape information to make rows of: it is a scalar. Send "inputs" instead of "instances"`,
      );
    }
    if (rows !== undefined && length !== rows) {
      throw new PlinthError(
        "REQUEST_INVALID",
        `The outputs have an inconsistent batch size: output "${name}" is of shape ${formatShape(tensor.shape)}, ` +
          `others have ${rows} rows. Send "inputs" instead of "instances"`,
      );
    }
    rows = length;
  }
  return rows ?? 0;
}

/** The bare value where there is one column, else an object. */
function writeValues<C extends { readonly name: string }>(
  out: JsonBuffer,
  columns: readonly C[],
  writeValue: (column: C) => void,
): void {
  const [only] = columns;
  if (only !== undefined && columns.length === 1) {
    writeValue(only);
    return;
  }
  let opening = OPEN_BRACE;
  for (const column of columns) {
    out.byte(opening);
    writeText(out, column.name);
    out.byte(COLON);
    writeValue(column);
    opening = COMMA;
  }
  out.byte(CLOSE_BRACE);
}

/** Outputs of this ending hold bytes that are no text. */
const BINARY_SUFFIX = "_bytes";
/** Room for a float32, the most frequent element, with its comma. */
const EXPECTED_ELEMENT_BYTES = MAX_FLOAT32_BYTES + 1;
