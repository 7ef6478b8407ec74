import { useEffect, useState } from "preact/hooks";
import type { Signature } from "../api/signatures.js";
import {
  exampleJson,
  FEATURE_KINDS,
  type FeatureDraft,
  type FeatureKind,
  knownFeatures,
  NO_FEATURE,
} from "./example-features.js";
import { type Given, isFault } from "./given.js";

interface ExampleEditorProps {
  readonly signature: Signature;
  readonly give: (given: Given) => void;
}

/** One example: a field for each feature, which have to be named where only the model's graph knows them. */
export function ExampleEditor({ signature, give }: ExampleEditorProps) {
  const known = knownFeatures(signature);
  const [features, setFeatures] = useState<readonly FeatureDraft[]>(known ?? [NO_FEATURE]);
  const given = exampleJson(features);
  useEffect(() => give(given), [features]);
  const edit = (at: number, edited: Partial<FeatureDraft>) =>
    setFeatures(features.map((feature, index) => (index === at ? { ...feature, ...edited } : feature)));
  return (
    <fieldset class="input">
      <legend>
        example <code class="quiet">tf.Example</code>
      </legend>
      {known === undefined && (
        <p class="quiet">
          The model reads examples itself. Name the features that it was made for: it tells which one is missing or
          wrong.
        </p>
      )}
      {features.map((feature, at) => (
        <FeatureRow
          key={at}
          {...feature}
          at={at}
          isKnown={known !== undefined}
          edit={(edited) => edit(at, edited)}
          remove={features.length > 1 ? () => setFeatures(features.filter((_, index) => index !== at)) : undefined}
        />
      ))}
      {known === undefined && (
        <button type="button" onClick={() => setFeatures([...features, NO_FEATURE])}>
          Add a feature
        </button>
      )}
      {isFault(given) && (
        <p class="fault" role="status">
          {given.fault}
        </p>
      )}
    </fieldset>
  );
}

interface FeatureRowProps extends FeatureDraft {
  readonly at: number;
  /** The signature says what it is called, and of which kind it is. */
  readonly isKnown: boolean;
  readonly edit: (edited: Partial<FeatureDraft>) => void;
  readonly remove: (() => void) | undefined;
}

function FeatureRow({ name, kind, text, at, isKnown, edit, remove }: FeatureRowProps) {
  const called = isKnown ? name : `feature ${at + 1}`;
  return (
    <div class="feature">
      {isKnown ? (
        <span>
          {name} <span class="quiet">{FEATURE_KINDS[kind]}</span>
        </span>
      ) : (
        <>
          <input
            aria-label={`Name of ${called}`}
            placeholder="name"
            spellcheck={false}
            value={name}
            onInput={({ currentTarget }) => edit({ name: currentTarget.value })}
          />
          <select
            aria-label={`Kind of ${called}`}
            value={kind}
            onChange={({ currentTarget }) => edit({ kind: currentTarget.value as FeatureKind })}
          >
            {Object.entries(FEATURE_KINDS).map(([each, words]) => (
              <option key={each} value={each}>
                {words}
              </option>
            ))}
          </select>
        </>
      )}
      <input
        class="values"
        aria-label={`Values of ${called}`}
        placeholder={kind === "bytes" ? "text" : "0.5, 1, …"}
        spellcheck={false}
        value={text}
        onInput={({ currentTarget }) => edit({ text: currentTarget.value })}
      />
      {!isKnown && remove !== undefined && (
        <button type="button" onClick={remove}>
          Remove <span class="hidden">{called}</span>
        </button>
      )}
    </div>
  );
}
