import type { Signature } from "../api/signatures.js";
import { type OutputView, viewOf } from "./answer-outputs.js";
import { parseJson } from "./json-value.js";

/** What has come of a stream of answers in Triton's form. */
export interface StreamedOutputs {
  /** How many answers. */
  readonly count: number;
  readonly outputs: readonly OutputView[];
  /** Why it ended too soon. */
  readonly error?: string;
}

/** An output's values one after the other: texts are put together, as models give them in pieces. */
export function streamedOutputs(text: string, { outputs: specs }: Pick<Signature, "outputs">): StreamedOutputs {
  const answers = text.split("\n\n").flatMap(answerOf);
  const error = answers.map((answer) => answer.error).find((each) => typeof each === "string");
  const whole = answers.filter((answer) => answer.error === undefined);
  const outputs = specs.flatMap(({ name }) => {
    const values = whole.map((answer) => answer[name]).filter((value) => value !== undefined);
    if (values.length === 0) return [];
    return values.every((value) => typeof value === "string")
      ? [{ kind: "value", name, text: values.join("") } as const]
      : [viewOf(name, values)];
  });
  return { count: whole.length, outputs, ...(typeof error === "string" && { error }) };
}

/** The answer in an event, if it is there to its end. */
function answerOf(event: string): readonly Readonly<Record<string, unknown>>[] {
  const data = /^data: (.*)$/m.exec(event)?.[1];
  if (data === undefined) return [];
  try {
    return [parseJson(data) as Readonly<Record<string, unknown>>];
  } catch {
    return [];
  }
}
