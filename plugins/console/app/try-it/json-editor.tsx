import { useEffect, useState } from "preact/hooks";
import type { Signature, TensorSpec } from "../api/signatures.js";
import type { Given } from "./given.js";
import { jsonValue } from "./json-value.js";

interface JsonEditorProps {
  readonly spec: TensorSpec;
  readonly shapes: Signature["shapes"];
  /** What was given before in another way. */
  readonly before: Given | undefined;
  readonly give: (given: Given) => void;
}

/** One input's value as JSON. */
export function JsonEditor({ spec, shapes, before, give }: JsonEditorProps) {
  const [text, setText] = useState(() => (before !== undefined && "json" in before ? before.json : "[]"));
  useEffect(() => give(jsonValue(text, spec, shapes)), [text]);
  return (
    <textarea
      rows={4}
      spellcheck={false}
      aria-label={`${spec.name} as JSON`}
      value={text}
      onInput={({ currentTarget }) => setText(currentTarget.value)}
    />
  );
}
