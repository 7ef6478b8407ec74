import { useEffect, useState } from "preact/hooks";
import type { TensorSpec } from "../api/signatures.js";
import { arranged, elementsOf, type Given } from "./given.js";
import { numberJson, wordsOf } from "./numbers.js";

interface NumberEditorProps {
  readonly spec: TensorSpec;
  readonly give: (given: Given) => void;
}

/** Up to so many numbers have a field each. */
const MAX_FIELDS = 16;

/** Most zeros that are there to begin with. */
const MAX_ZEROS = 4_096;

/** Numbers or truth values: a field for each where they are few, else a text of them. */
export function NumberEditor({ spec, give }: NumberEditorProps) {
  const { name, dtype, shape = [-1] } = spec;
  const count = elementsOf(shape);
  const hasFields = count > 1 && count <= MAX_FIELDS;
  const zero = dtype === "bool" ? "false" : "0";
  const [words, setWords] = useState<readonly string[]>(() => new Array(count <= MAX_ZEROS ? count : 0).fill(zero));
  const [text, setText] = useState(() => words.join(", "));
  useEffect(() => give(givenBy(hasFields ? words : wordsOf(text), spec)), [words, text]);
  if (!hasFields) {
    return (
      <textarea
        aria-label={name}
        rows={count === 1 ? 1 : 4}
        spellcheck={false}
        value={text}
        onInput={({ currentTarget }) => setText(currentTarget.value)}
      />
    );
  }
  const set = (at: number, word: string) => setWords(words.map((before, index) => (index === at ? word : before)));
  return (
    <div class="number-fields">
      {words.map((word, at) =>
        dtype === "bool" ? (
          <input
            key={at}
            type="checkbox"
            aria-label={`${name}, element ${at}`}
            checked={word === "true"}
            onChange={({ currentTarget }) => set(at, String(currentTarget.checked))}
          />
        ) : (
          <input
            key={at}
            inputMode="decimal"
            aria-label={`${name}, element ${at}`}
            value={word}
            onInput={({ currentTarget }) => set(at, currentTarget.value.trim())}
          />
        ),
      )}
    </div>
  );
}

function givenBy(words: readonly string[], spec: TensorSpec): Given {
  try {
    return arranged(
      words.map((word) => numberJson(word, spec.dtype)),
      spec,
    );
  } catch (error) {
    return { fault: (error as Error).message };
  }
}
