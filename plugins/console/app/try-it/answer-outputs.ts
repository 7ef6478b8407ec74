import type { Signature } from "../api/signatures.js";
import { parseJson } from "./json-value.js";

/** One output as people can take it in. */
export type OutputView =
  | { readonly kind: "value"; readonly name: string; readonly text: string }
  | { readonly kind: "scores"; readonly name: string; readonly scores: readonly number[] }
  | { readonly kind: "json"; readonly name: string; readonly text: string };

/** As {@link parseJson} has them. */
const NOT_FINITE = /"(NaN|-?Infinity)"/g;

/** Most numbers that are compared with each other by bars. */
const MAX_SCORES = 10_000;

/** The outputs of an answer in TensorFlow Serving's columnar form; none where it has another form. */
export function outputsOf(answer: string, { outputs: specs }: Pick<Signature, "outputs">): readonly OutputView[] {
  let outputs: unknown;
  try {
    ({ outputs } = parseJson(answer) as { readonly outputs?: unknown });
  } catch {
    return [];
  }
  if (outputs === undefined) return [];
  const [only] = specs;
  if (specs.length === 1 && only !== undefined) return [viewOf(only.name, outputs)];
  return specs.flatMap(({ name }) => {
    const value = (outputs as Readonly<Record<string, unknown>> | null)?.[name];
    return value === undefined ? [] : [viewOf(name, value)];
  });
}

function viewOf(name: string, value: unknown): OutputView {
  let inner = value;
  while (Array.isArray(inner) && inner.length === 1) [inner] = inner;
  if (!Array.isArray(inner))
    return { kind: "value", name, text: typeof inner === "object" ? JSON.stringify(inner) : String(inner) };
  const isScores = inner.length > 1 && inner.length <= MAX_SCORES && inner.every((each) => typeof each === "number");
  return isScores
    ? { kind: "scores", name, scores: inner as number[] }
    : { kind: "json", name, text: JSON.stringify(value).replace(NOT_FINITE, "$1") };
}

/** The highest of some scores, highest first, each with its place; all in their order where they are few. */
export function shownScores(
  scores: readonly number[],
  most: number,
): readonly (readonly [place: number, score: number])[] {
  const placed = scores.map((score, place) => [place, score] as const);
  return scores.length <= most ? placed : placed.sort(([, left], [, right]) => right - left).slice(0, most);
}
