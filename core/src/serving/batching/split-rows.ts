import { PlinthError } from "../../model/errors.js";
import { formatShape, type NamedTensors, type Tensor } from "../../model/tensor.js";

/** Rows `from` to, without, `to` of a tensor: a view, where numbers are concerned. */
export function sliceRows(tensor: Tensor, from: number, to: number): Tensor {
  const { dtype, shape, data } = tensor;
  const [rows = 1, ...rowShape] = shape;
  if (from === 0 && to === rows) return tensor;
  const rowLength = data.length / rows;
  const part =
    dtype === "string" ? data.slice(from * rowLength, to * rowLength) : data.subarray(from * rowLength, to * rowLength);
  return { dtype, shape: [to - from, ...rowShape], data: part } as Tensor;
}

/** As {@link sliceRows}, of each. */
export function sliceAll(tensors: NamedTensors, names: Iterable<string>, from: number, to: number): NamedTensors {
  const slices = new Map<string, Tensor>();
  for (const name of names) {
    const tensor = tensors.get(name);
    if (tensor !== undefined) slices.set(name, sliceRows(tensor, from, to));
  }
  return slices;
}

/** @throws PlinthError `BATCH_OUTPUT_INVALID` where an output has not one row for each row of the batch, and so cannot be shared out. */
export function checkRows(outputs: NamedTensors, rows: number): void {
  for (const [name, { shape }] of outputs) {
    if (shape[0] === rows) continue;
    throw new PlinthError(
      "BATCH_OUTPUT_INVALID",
      `Output "${name}" of a batch of ${rows} rows is expected to have ${rows} rows too, got shape ${formatShape(shape)}: requests to this ` +
        "model cannot be run together or in parts. Remove its `batching`",
      { details: { output: name, rows, got: shape } },
    );
  }
}
