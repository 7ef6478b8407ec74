import type { Signature, TensorSpec } from "../../model/signature.js";
import type { NamedTensors } from "../../model/tensor.js";

/**
 * Whether requests to it may be run together at all: it leaves the model as it is, and each of its inputs and outputs has a first axis that may be of any length. Nothing
 * in a signature says that this axis is that of the batch; whoever configures batching for a model says so.
 */
export function isBatchable({ inputs, outputs, shapes, changesState }: Signature): boolean {
  if (inputs.size === 0 || changesState === true) return false;
  const isOpen = ({ shape }: TensorSpec) => shapes === "advisory" || shape === undefined || shape[0] === -1;
  return [...inputs.values()].every(isOpen) && [...outputs.values()].every(isOpen);
}

/**
 * The rows of a request: the length that all its inputs have on the first axis. `undefined` where it can only be run on its own: an
 * input is a scalar, the lengths differ, or there are none.
 */
export function batchableRows(inputs: NamedTensors): number | undefined {
  let rows: number | undefined;
  for (const { shape } of inputs.values()) {
    const length = shape[0];
    if (length === undefined || length === 0 || (rows !== undefined && length !== rows)) return undefined;
    rows = length;
  }
  return rows;
}

/**
 * Requests of equal keys fit into one batch. They are to the same signature, so that names and dtypes agree; what is left are the lengths
 * on the axes other than the first, or, where those are padded, only their number.
 */
export function fitKey({ inputs: specs }: Signature, inputs: NamedTensors, padVariableLength: boolean): string {
  let key = "";
  for (const name of specs.keys()) {
    const shape = inputs.get(name)?.shape ?? [];
    key += padVariableLength ? `*${shape.length};` : `${shape.slice(1).join()};`;
  }
  return key;
}

/** The size that a batch of so many rows is run at: the first allowed one that holds it. */
export function paddedSize(rows: number, allowedSizes: readonly number[] | undefined): number {
  return allowedSizes?.find((size) => size >= rows) ?? rows;
}
