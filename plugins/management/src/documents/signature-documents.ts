import type { Signature, Tensor, TensorSpec } from "@plinth/core";
import type { SignatureDocument, TensorSpecDocument } from "../signature-resources.js";

type DefaultValue = NonNullable<TensorSpecDocument["default"]>;
type DefaultElement = NonNullable<DefaultValue["values"]>[number];

/** Most elements of a default value that are told. */
const MAX_DEFAULT_ELEMENTS = 256;

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function signatureDocuments(signatures: ReadonlyMap<string, Signature>): SignatureDocument[] {
  return [...signatures].map(([name, { method, inputs, outputs, shapes, streams, changesState }]) => ({
    name,
    method,
    inputs: [...inputs].map(specDocument),
    outputs: [...outputs].map(specDocument),
    shapes,
    ...(streams !== undefined && { streams }),
    ...(changesState === true && { changesState }),
  }));
}

function specDocument([name, { dtype, shape, graphName, default: value }]: [string, TensorSpec]): TensorSpecDocument {
  return {
    name,
    dtype,
    ...(shape !== undefined && { shape: [...shape] }),
    ...(value !== undefined && { default: defaultDocument(value) }),
    ...(graphName !== undefined && { graphName }),
  };
}

function defaultDocument(tensor: Tensor): DefaultValue {
  const values = elementsOf(tensor);
  return { shape: [...tensor.shape], ...(values !== undefined && { values }) };
}

/** `undefined` where they are many, or of a type that is kept as its bits. */
function elementsOf(tensor: Tensor): DefaultElement[] | undefined {
  if (tensor.data.length > MAX_DEFAULT_ELEMENTS) return undefined;
  switch (tensor.dtype) {
    case "string":
      return tensor.data.map(textOf);
    case "bool":
      return Array.from(tensor.data, (value) => value !== 0);
    case "float16":
    case "bfloat16":
    case "complex64":
    case "complex128":
      return undefined;
    default:
      return Array.from(tensor.data as Iterable<number | bigint>, numberOf);
  }
}

function numberOf(value: number | bigint): number | string {
  const number = Number(value);
  const isExact = typeof value === "bigint" ? Number.isSafeInteger(number) : Number.isFinite(value);
  return isExact ? number : String(value);
}

function textOf(bytes: Uint8Array): string | { b64: string } {
  try {
    return UTF8.decode(bytes);
  } catch {
    return { b64: Buffer.from(bytes).toString("base64") };
  }
}
