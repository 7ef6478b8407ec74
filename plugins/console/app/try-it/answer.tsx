import type { Signature } from "../api/signatures.js";
import { type OutputView, outputsOf } from "./answer-outputs.js";
import { CopiedText } from "./copied-text.js";
import { ScoreBars } from "./score-bars.js";

export interface Answered {
  readonly status: number;
  readonly text: string;
  /** The way there and back included. */
  readonly ms: number;
  readonly signature: Signature | undefined;
}

/** What came back: readable where it can be, and as it is. */
export function Answer({ status, text, ms, signature }: Answered) {
  const isGood = status === 200;
  const outputs = isGood && signature !== undefined ? outputsOf(text, signature) : [];
  return (
    <div class="answer">
      <p role="status">
        <strong class={isGood ? "good" : "bad"}>{isGood ? "Answered" : `Refused with status ${status}`}</strong>{" "}
        <span class="quiet">after {ms.toFixed(1)} ms, the way there and back included</span>
      </p>
      {!isGood && <p class="failure">{errorOf(text)}</p>}
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
