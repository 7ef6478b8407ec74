import type { NamedTensors, Tensor } from "@plinth/core";
import type { TensorJson } from "../entry.js";

/** Tensors as people read them; those whose names are to be hidden keep only dtype and shape. */
export function tensorsJson(tensors: NamedTensors, redact: readonly string[]): Record<string, TensorJson> {
  return Object.fromEntries(
    [...tensors].map(([name, tensor]) => {
      const { dtype, shape } = tensor;
      return [name, { dtype, shape: [...shape], data: isRedacted(name, redact) ? null : dataJson(tensor) }];
    }),
  );
}

/** Whether the values of an input or output are to be left out. */
export function isRedacted(name: string, redact: readonly string[]): boolean {
  return redact.includes(name) || redact.includes("*");
}

function dataJson(tensor: Tensor): (number | string | boolean)[] {
  if (tensor.dtype === "string") return tensor.data.map(textOf);
  if (tensor.dtype === "bool") return Array.from(tensor.data, (value) => value !== 0);
  return Array.from(tensor.data as Iterable<number | bigint>, numberOf);
}

/** JSON knows neither integers past 2^53 nor what is not finite. */
function numberOf(value: number | bigint): number | string {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  return Number.isFinite(value) ? value : String(value);
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function textOf(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    return `base64:${Buffer.from(bytes).toString("base64")}`;
  }
}
