import { useEffect, useState } from "preact/hooks";
import { read } from "../api/client.js";
import type { Model } from "../api/documents.js";
import { Failure } from "./notice.js";
import { exampleBody, type ServingMetadata, snippets } from "./request-lines.js";

/** A request to the model: its body made from the signature, its answer, and the lines that send the same from elsewhere. */
export function TryIt({ model: { model } }: { readonly model: Model }) {
  const path = `/v1/models/${encodeURIComponent(model)}`;
  const [metadata, setMetadata] = useState<ServingMetadata>();
  const [error, setError] = useState<Error>();
  const [body, setBody] = useState("");
  const [answer, setAnswer] = useState<{ readonly text: string; readonly ms: number }>();
  const load = async () => {
    try {
      const found = await read<ServingMetadata>(`${path}/metadata`);
      setMetadata(found);
      setBody(JSON.stringify(exampleBody(found)));
      setError(undefined);
    } catch (thrown) {
      setError(thrown instanceof Error ? thrown : new Error(String(thrown)));
    }
  };
  useEffect(() => void load(), [model]);
  const submit = async (event: Event) => {
    event.preventDefault();
    setError(undefined);
    const beganAt = performance.now();
    try {
      const response = await fetch(`${path}:predict`, { method: "POST", body });
      setAnswer({ text: await response.text(), ms: performance.now() - beganAt });
    } catch (thrown) {
      setError(thrown instanceof Error ? thrown : new Error(String(thrown)));
    }
  };
  return (
    <section class="card" aria-labelledby="try">
      <h2 id="try">Try it</h2>
      {metadata === undefined ? (
        <>
          <Failure error={error} />
          <button type="button" onClick={load}>
            Ask for its signature again
          </button>
        </>
      ) : (
        <form onSubmit={submit}>
          <label class="field">
            Body of the request
            <textarea
              rows={6}
              spellcheck={false}
              value={body}
              onInput={({ currentTarget }) => setBody(currentTarget.value)}
            />
          </label>
          <div class="buttons">
            <button type="submit" class="primary">
              Predict
            </button>
          </div>
          <Failure error={error} />
          {answer !== undefined && (
            <div role="status">
              <p class="quiet">Answered within {answer.ms.toFixed(1)} ms, the way there and back included:</p>
              <pre>{answer.text}</pre>
            </div>
          )}
          {Object.entries(snippets(`${location.origin}${path}:predict`, body)).map(([language, lines]) => (
            <details key={language}>
              <summary>{language}</summary>
              <pre>{lines}</pre>
            </details>
          ))}
        </form>
      )}
    </section>
  );
}
