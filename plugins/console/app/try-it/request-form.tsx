import { useEffect, useMemo, useState } from "preact/hooks";
import type { Signature } from "../api/signatures.js";
import { ExampleEditor } from "./example-editor.js";
import { type Given, isFault } from "./given.js";
import { examplesBody, generateBody, type InferenceRequest, predictBody } from "./inference-request.js";
import { InputField } from "./input-field.js";
import { parseJson } from "./json-value.js";
import { Segments } from "./segments.js";
import { takesExamples, VERB_NAMES, type Verb, verbsOf } from "./verbs.js";

interface RequestFormProps {
  /** `undefined`: the version is not in memory, or not known yet. */
  readonly signatures: readonly Signature[] | undefined;
  /** Told the request as it is now; `undefined` while it cannot be sent. */
  readonly made: (request: MadeRequest | undefined) => void;
  readonly send: (signature: string | undefined) => void;
  /** While a request is under way: gives it up. */
  readonly stop: (() => void) | undefined;
}

export type MadeRequest = Pick<InferenceRequest, "verb" | "body">;

const USUAL_VERBS: readonly Verb[] = ["predict"];

const WAYS = ["form", "json"] as const;
const WAY_NAMES = { form: "Form", json: "JSON" };

const BODY_FORMS: Readonly<Record<Verb, string>> = {
  predict: '{"inputs": {…}} or {"instances": […]}',
  classify: '{"examples": [{…}]}',
  regress: '{"examples": [{…}]}',
  generate_stream: "with a value for each input",
};

/** Under which the only example is kept among what was given. */
const EXAMPLE = "example";

/** What is asked, and the request's body: a field for each input, or all of it as JSON. */
export function RequestForm({ signatures, made, send, stop }: RequestFormProps) {
  const [name, setName] = useState(() => usualSignature(signatures)?.name);
  const signature = signatures?.find((each) => each.name === name);
  const verbs = signature === undefined ? USUAL_VERBS : verbsOf(signature);
  const [chosenVerb, setVerb] = useState<Verb>();
  const verb = verbs.find((each) => each === chosenVerb) ?? verbs[0] ?? "predict";
  const [isByHand, setByHand] = useState(signature === undefined);
  const [text, setText] = useState('{"inputs": {}}');
  const [given, setGiven] = useState<ReadonlyMap<string, Given>>(new Map());
  const form = useMemo(() => signature && formBody(signature, verb, given), [signature?.name, verb, given]);
  const fault = isByHand ? jsonFault(text, verb) : form === undefined ? "not known yet" : form.fault;
  const body = fault === undefined ? (isByHand ? text : form?.body) : undefined;
  useEffect(() => made(body === undefined ? undefined : { verb, body }), [verb, body]);
  const choose = (chosen: string) => {
    setName(chosen);
    setGiven(new Map());
  };
  const give = (key: string) => (value: Given | undefined) => setGiven((before) => withGiven(before, key, value));
  const toJson = () => {
    if (form?.body !== undefined) setText(form.body);
    setByHand(true);
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (body !== undefined) send(name);
      }}
    >
      {signatures !== undefined && signatures.length > 1 && (
        <label class="field">
          Signature
          <select value={name ?? ""} onChange={({ currentTarget }) => choose(currentTarget.value)}>
            {signatures.map((each) => (
              <option key={each.name} value={each.name}>
                {each.name}
              </option>
            ))}
          </select>
        </label>
      )}
      {signature !== undefined && (
        <div class="ways">
          {verbs.length > 1 && (
            <Segments title="What to ask" of={verbs} names={VERB_NAMES} value={verb} choose={setVerb} />
          )}
          <Segments
            title="How to write the request"
            of={WAYS}
            names={WAY_NAMES}
            value={isByHand ? "json" : "form"}
            choose={(way) => (way === "json" ? toJson() : setByHand(false))}
          />
        </div>
      )}
      {signature === undefined && (
        <p class="quiet">What the model takes is known while it is in memory; until then, write the request by hand.</p>
      )}
      {isByHand ? (
        <label class="field">
          Body of the request
          <textarea
            rows={8}
            spellcheck={false}
            value={text}
            onInput={({ currentTarget }) => setText(currentTarget.value)}
          />
        </label>
      ) : signature !== undefined && takesExamples(verb) ? (
        <ExampleEditor key={signature.name} signature={signature} give={give(EXAMPLE)} />
      ) : (
        signature?.inputs.map((spec) => (
          <InputField
            key={`${signature.name}/${spec.name}`}
            spec={spec}
            shapes={signature.shapes}
            given={given.get(spec.name)}
            give={give(spec.name)}
          />
        ))
      )}
      {isByHand && fault !== undefined && (
        <p class="fault" role="status">
          {fault}
        </p>
      )}
      <div class="buttons">
        {verb === "generate_stream" && stop !== undefined && (
          <button type="button" onClick={stop}>
            Stop
          </button>
        )}
        <button type="submit" class="primary" disabled={body === undefined || stop !== undefined}>
          {VERB_NAMES[verb]}
        </button>
      </div>
    </form>
  );
}

function usualSignature(signatures: readonly Signature[] | undefined): Signature | undefined {
  return signatures?.find(({ name }) => name === "serving_default") ?? signatures?.[0];
}

/** The body, or that something in it cannot be sent, which its own field tells. */
function formBody(
  signature: Signature,
  verb: Verb,
  given: ReadonlyMap<string, Given>,
): { readonly body?: string; readonly fault?: string } {
  if (takesExamples(verb)) {
    const example = given.get(EXAMPLE);
    return example === undefined || isFault(example)
      ? { fault: "the example cannot be sent" }
      : { body: examplesBody(signature, example.json) };
  }
  const inputs = new Map<string, string>();
  for (const { name, default: value } of signature.inputs) {
    const each = given.get(name);
    if (each === undefined ? value === undefined : isFault(each)) return { fault: `${name} cannot be sent` };
    if (each !== undefined && !isFault(each)) inputs.set(name, each.json);
  }
  return { body: verb === "generate_stream" ? generateBody(signature, inputs) : predictBody(signature, inputs) };
}

function withGiven(
  before: ReadonlyMap<string, Given>,
  name: string,
  given: Given | undefined,
): ReadonlyMap<string, Given> {
  const after = new Map(before);
  if (given === undefined) after.delete(name);
  else after.set(name, given);
  return after;
}

function jsonFault(text: string, verb: Verb): string | undefined {
  try {
    const value = parseJson(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? undefined : `Expected an object, as ${BODY_FORMS[verb]}.`;
  } catch (error) {
    return `This is no JSON: ${(error as Error).message}.`;
  }
}
