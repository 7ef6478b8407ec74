import { useEffect, useState } from "preact/hooks";
import type { TensorSpec } from "../api/signatures.js";
import { arranged, elementsOf, type Given } from "./given.js";

interface TextEditorProps {
  readonly spec: TensorSpec;
  readonly give: (given: Given) => void;
}

/** Up to so many texts have a field each; more are better written as JSON. */
const MAX_FIELDS = 16;

/** Strings, a field for each. */
export function TextEditor({ spec, give }: TextEditorProps) {
  const count = elementsOf(spec.shape ?? [-1]);
  const [texts, setTexts] = useState<readonly string[]>(() => new Array(Math.min(count, MAX_FIELDS)).fill(""));
  useEffect(() => {
    const elements = texts.map((text) => JSON.stringify(text));
    give(arranged(elements, spec));
  }, [texts]);
  return (
    <div class="text-fields">
      {texts.map((text, at) => (
        <textarea
          key={at}
          rows={2}
          aria-label={texts.length === 1 ? spec.name : `${spec.name}, element ${at}`}
          value={text}
          onInput={({ currentTarget: { value } }) =>
            setTexts(texts.map((before, index) => (index === at ? value : before)))
          }
        />
      ))}
    </div>
  );
}
