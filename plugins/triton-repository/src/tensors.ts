import { type DescribedTensor, formatShape } from "@plinth/core";
import { type MessageValue, messageOf, messagesOf, numbersOf, textOf } from "@plinth/text-format";
import { dtypeOf } from "./data-types.js";
import { outputLabels } from "./labels.js";
import { type Faults, placeOf } from "./read-config.js";

/**
 * The inputs or outputs that a configuration lists, as clients see them; `undefined` where it lists none, so that they are taken from
 * the model.
 *
 * @param isBatched whether shapes stand there without the axis of the batch
 */
export function describedTensors(
  config: MessageValue,
  direction: "input" | "output",
  isBatched: boolean,
  faults: Faults,
  labelFiles: ReadonlyMap<string, Uint8Array>,
): ReadonlyMap<string, DescribedTensor> | undefined {
  const tensors = new Map<string, DescribedTensor>();
  const listed = messagesOf(config, direction);
  for (const message of listed) {
    const name = textOf(message, "name");
    if (name === undefined) faults.add(message.at, `expected a name for this ${direction}`);
    else if (tensors.has(name)) faults.add(message.at, `the ${direction} "${name}" stands twice; keep one of them`);
    else {
      const tensor = describedTensor(message, name, isBatched, faults);
      const labels = outputLabels(message, labelFiles, faults);
      if (tensor !== undefined) tensors.set(name, labels === undefined ? tensor : { ...tensor, labels });
    }
  }
  return listed.length === 0 ? undefined : tensors;
}

function describedTensor(
  message: MessageValue,
  name: string,
  isBatched: boolean,
  faults: Faults,
): DescribedTensor | undefined {
  const dtype = dtypeOf(textOf(message, "data_type") ?? "");
  const dims = numbersOf(message, "dims");
  const reshape = messageOf(message, "reshape");
  if (dtype === undefined || !message.fields.has("dims")) {
    const missing = dtype === undefined ? "data_type" : "dims";
    faults.add(
      message.at,
      `expected ${missing} for "${name}"; leave all inputs and outputs out to take them from the model`,
    );
    return undefined;
  }
  const shape = withBatch(dims, isBatched);
  const modelShape = reshape && withBatch(numbersOf(reshape, "shape"), isBatched);
  if (shape.some(isNoLength) || modelShape?.some(isNoLength)) {
    faults.add(
      message.at,
      `expected dimensions above 0, or -1 for any length, for "${name}", got ${formatShape(dims)}`,
    );
  } else if (modelShape !== undefined && !holdTheSame(shape, modelShape)) {
    faults.add(
      reshape?.at ?? message.at,
      `a tensor "${name}" of shape ${formatShape(shape)} cannot be reshaped to ${formatShape(modelShape)}: expected as many ` +
        "elements, and as many dimensions of any length",
    );
  }
  return { dtype, shape, modelShape, at: placeOf(message.at) };
}

function withBatch(dims: readonly number[], isBatched: boolean): readonly number[] {
  return isBatched ? [-1, ...dims] : dims;
}

function isNoLength(dimension: number): boolean {
  return dimension < -1 || dimension === 0 || !Number.isSafeInteger(dimension);
}

function holdTheSame(left: readonly number[], right: readonly number[]): boolean {
  const open = (shape: readonly number[]) => shape.filter((dimension) => dimension === -1).length;
  const fixed = (shape: readonly number[]) =>
    shape.reduce((product, dimension) => (dimension === -1 ? product : product * dimension), 1);
  return open(left) === open(right) && fixed(left) === fixed(right);
}
