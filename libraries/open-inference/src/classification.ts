import { createTensor, type DType, elementCount, PlinthError, type Tensor } from "@plinth/core";

/** What can be compared as it lies in memory. */
type Countable = Exclude<DType, "string" | "complex64" | "complex128" | "float16" | "bfloat16">;

const NOT_COUNTABLE: readonly DType[] = ["string", "complex64", "complex128", "float16", "bfloat16"];

/**
 * The classification extension: the `count` largest values, largest first, each as `"<value>:<index>"` and `":<label>"` where the index has one, of equal ones that of the lower
 * index first, and NaN last. A tensor of one axis gives `[count]`; of more, the first axis is that of the batch and the rest are classes:
 * `[batch, count]`. There are never more than there are classes.
 *
 * @param name of the output, for messages
 * @param labels of the classes, by index
 * @throws PlinthError `REQUEST_INVALID` for scalars, strings, and numbers that JavaScript does not compare as they are
 */
export function classify(
  tensor: Tensor,
  count: number,
  name: string,
  labels: readonly string[] = [],
): Tensor<"string"> {
  const { shape } = tensor;
  if (!isCountable(tensor) || shape.length === 0) {
    throw new PlinthError(
      "REQUEST_INVALID",
      `Output '${name}' cannot be classified: expected integers, float32 or float64 of at least one axis, got ${tensor.dtype} of ` +
        `${shape.length} axes`,
    );
  }
  const { data, dtype } = tensor;
  const rows = shape.length === 1 ? 1 : (shape[0] as number);
  const classes = rows === 0 ? 0 : elementCount(shape) / rows;
  const kept = Math.min(count, classes);
  const elements: Uint8Array[] = [];
  for (let row = 0; row < rows; row++) {
    const values = data.subarray(row * classes, (row + 1) * classes);
    for (const index of largest(values).slice(0, kept)) {
      const value = values[index] as number | bigint;
      const label = labels[index];
      elements.push(encoder.encode(`${printed(value, dtype)}:${index}${label === undefined ? "" : `:${label}`}`));
    }
  }
  return createTensor("string", shape.length === 1 ? [kept] : [rows, kept], elements);
}

function isCountable(tensor: Tensor): tensor is Tensor<Countable> {
  return !NOT_COUNTABLE.includes(tensor.dtype);
}

/** Indexes by their values, the largest first. */
function largest(values: Tensor<Countable>["data"]): readonly number[] {
  const at = (index: number) => {
    const value = values[index] as number | bigint;
    return Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value;
  };
  const descending = (left: number | bigint, right: number | bigint) => (left > right ? -1 : left < right ? 1 : 0);
  return Array.from({ length: values.length }, (_, index) => index).sort((left, right) =>
    descending(at(left), at(right)),
  );
}

/** Floats with six places behind the point, as Triton prints them. */
function printed(value: number | bigint, dtype: DType): string {
  return typeof value === "number" && dtype.startsWith("float") ? value.toFixed(6) : String(value);
}

const encoder = new TextEncoder();
