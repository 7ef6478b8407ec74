import type { InferenceAnswer } from "../api/infer.js";
import type { Signature } from "../api/signatures.js";
import { type OutputView, outputsOf } from "./answer-outputs.js";
import { CopiedText } from "./copied-text.js";
import { ScoreBars } from "./score-bars.js";
import { type StreamedOutputs, streamedOutputs } from "./streamed-outputs.js";
import type { Verb } from "./verbs.js";

export interface Answered extends InferenceAnswer {
  readonly verb: Verb;
  readonly signature: Signature | undefined;
  /** Not so while more of a stream is to come. */
  readonly isWhole: boolean;
}

/** What came back: readable where it can be, and as it is. */
export function Answer(answered: Answered) {
  const { status, text, ms } = answered;
  const isGood = status === 200;
  const { outputs, error, words } = shown(answered);
  return (
    <div class="answer">
      <p role="status">
        <strong class={isGood ? "good" : "bad"}>{isGood ? words : `Refused with status ${status}`}</strong>{" "}
        <span class="quiet">after {ms.toFixed(1)} ms, the way there and back included</span>
      </p>
      {error !== undefined && <p class="failure">{error}</p>}
      {outputs.length > 0 && (
        <dl class="outputs">
          {outputs.map((output) => (
            <div key={output.name}>
              <dt>{output.name}</dt>
              <dd>
                <Output {...output} />
              </dd>
            </div>
          ))}
        </dl>
      )}
      <details open={outputs.length === 0}>
        <summary>The answer as it came</summary>
        <CopiedText what="the answer" text={text} />
      </details>
    </div>
  );
}

interface Shown extends Pick<StreamedOutputs, "outputs" | "error"> {
  readonly words: string;
}

function shown({ status, text, verb, signature, isWhole }: Answered): Shown {
  if (status !== 200) return { outputs: [], error: errorOf(text), words: "" };
  if (signature === undefined) return { outputs: [], words: "Answered" };
  if (verb !== "generate_stream") return { outputs: outputsOf(text, signature), words: "Answered" };
  const { count, ...streamed } = streamedOutputs(text, signature);
  return { ...streamed, words: `${count} ${count === 1 ? "answer" : "answers"}${isWhole ? "" : " so far"}` };
}

function Output(output: OutputView) {
  switch (output.kind) {
    case "value":
      return <output class="value">{output.text}</output>;
    case "scores":
      return <ScoreBars {...output} />;
    case "json":
      return <CopiedText what={output.name} text={output.text} />;
  }
}

/** The server's own words. */
function errorOf(text: string): string {
  try {
    const { error, detail } = JSON.parse(text) as { readonly error?: unknown; readonly detail?: unknown };
    return String(error ?? detail ?? text);
  } catch {
    return text;
  }
}
