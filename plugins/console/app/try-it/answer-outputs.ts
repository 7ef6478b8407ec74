import type { Signature } from "../api/signatures.js";
import { parseJson } from "./json-value.js";

/** One output as people can take it in. */
export type OutputView =
  | { readonly kind: "value"; readonly name: string; readonly text: string }
  | {
      readonly kind: "scores";
      readonly name: string;
      readonly scores: readonly number[];
      readonly labels?: readonly string[];
    }
  | { readonly kind: "json"; readonly name: string; readonly text: string };

/** As {@link parseJson} has them. */
const NOT_FINITE = /"(NaN|-?Infinity)"/g;

/** Most numbers that are compared with each other by bars. */
const MAX_SCORES = 10_000;

/** The outputs of an answer in TensorFlow Serving's columnar form, or its results for examples; none where it has another form. */
export function outputsOf(answer: string, { outputs: specs }: Pick<Signature, "outputs">): readonly OutputView[] {
  let document: { readonly outputs?: unknown; readonly results?: unknown } | null;
  try {
    document = parseJson(answer) as typeof document;
  } catch {
    return [];
  }
  const { outputs, results } = document ?? {};
  if (Array.isArray(results)) return results.map((result, at) => resultView(result, at, results.length));
  if (outputs === undefined) return [];
  const [only] = specs;
  if (specs.length === 1 && only !== undefined) return [viewOf(only.name, outputs)];
  return specs.flatMap(({ name }) => {
    const value = (outputs as Readonly<Record<string, unknown>> | null)?.[name];
    return value === undefined ? [] : [viewOf(name, value)];
  });
}

/** What came for one example: a value, or classes with their scores. */
function resultView(result: unknown, at: number, of: number): OutputView {
  const name = of === 1 ? "result" : `example ${at}`;
  if (!isClassified(result)) return viewOf(name, result);
  const [labels, scores] = [result.map(([label]) => textOf(label)), result.map(([, score]) => score)];
  return { kind: "scores", name, scores, ...(labels.some((label) => label !== "") && { labels }) };
}

function isClassified(result: unknown): result is readonly (readonly [label: unknown, score: number])[] {
  return (
    Array.isArray(result) &&
    result.length > 0 &&
    result.every((each) => Array.isArray(each) && each.length === 2 && typeof each[1] === "number")
  );
}

function textOf(label: unknown): string {
  return typeof label === "string" ? label : JSON.stringify(label);
}

/** One output, without the lists around a single element. */
export function viewOf(name: string, value: unknown): OutputView {
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
