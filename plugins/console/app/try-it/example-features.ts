import type { Signature } from "../api/signatures.js";
import type { Given } from "./given.js";
import { numberJson, wordsOf } from "./numbers.js";

/** What the values of a feature of a `tf.Example` are. */
export type FeatureKind = "float" | "int64" | "bytes";

export const FEATURE_KINDS: Readonly<Record<FeatureKind, string>> = {
  float: "numbers",
  int64: "whole numbers",
  bytes: "text",
};

/** One feature as it was typed. */
export interface FeatureDraft {
  readonly name: string;
  readonly kind: FeatureKind;
  readonly text: string;
}

export const NO_FEATURE: FeatureDraft = { name: "", kind: "float", text: "" };

/** The features that a signature is known to take; `undefined` where its graph parses examples itself, and only that knows which. */
export function knownFeatures({ inputs }: Pick<Signature, "inputs">): readonly FeatureDraft[] | undefined {
  const [only] = inputs;
  const isParsed = inputs.length === 1 && only?.dtype === "string" && (only.shape?.length ?? 1) === 1;
  if (isParsed) return undefined;
  return inputs.map(({ name, dtype }) => ({ name, kind: kindOf(dtype), text: "" }));
}

/** The features as one example in JSON; those without values are left out. */
export function exampleJson(features: readonly FeatureDraft[]): Given {
  const members = new Map<string, string>();
  for (const { name, kind, text } of features) {
    if (text.trim() === "") continue;
    if (name === "") return { fault: `“${text.trim().slice(0, 40)}” has no name of a feature.` };
    if (members.has(name)) return { fault: `The feature ${name} is there twice.` };
    try {
      members.set(name, kind === "bytes" ? JSON.stringify(text) : numbersJson(text, kind));
    } catch (error) {
      return { fault: `${name}: ${(error as Error).message}` };
    }
  }
  return { json: `{${[...members].map(([name, json]) => `${JSON.stringify(name)}: ${json}`).join(", ")}}` };
}

function kindOf(dtype: string): FeatureKind {
  if (dtype === "string") return "bytes";
  return /^u?int|^bool/.test(dtype) ? "int64" : "float";
}

/** One number bare, several as a list. The server takes a number for a whole one unless it has a point or an exponent. */
function numbersJson(text: string, kind: "float" | "int64"): string {
  const numbers = wordsOf(text).map((word) =>
    kind === "int64" ? numberJson(word, "int64") : withPoint(numberJson(word, "float32")),
  );
  return numbers.length === 1 ? (numbers[0] ?? "") : `[${numbers.join(", ")}]`;
}

function withPoint(json: string): string {
  return /^-?\d+$/.test(json) ? `${json}.0` : json;
}
