import { useEffect, useMemo, useState } from "preact/hooks";
import type { Signature } from "../api/signatures.js";
import { type Given, isFault } from "./given.js";
import { predictBody } from "./inference-request.js";
import { InputField } from "./input-field.js";
import { parseJson } from "./json-value.js";

interface RequestFormProps {
  /** `undefined`: the version is not in memory, or not known yet. */
  readonly signatures: readonly Signature[] | undefined;
  /** Told the body as it is now; `undefined` while it cannot be sent. */
  readonly made: (body: string | undefined) => void;
  readonly send: (signature: string | undefined) => void;
  readonly isUnderWay: boolean;
}

/** The request's body: a field for each input, or all of it as JSON. */
export function RequestForm({ signatures, made, send, isUnderWay }: RequestFormProps) {
  const [name, setName] = useState(() => usualSignature(signatures)?.name);
  const signature = signatures?.find((each) => each.name === name);
  const [isByHand, setByHand] = useState(signature === undefined);
  const [text, setText] = useState('{"inputs": {}}');
  const [given, setGiven] = useState<ReadonlyMap<string, Given>>(new Map());
  const form = useMemo(() => signature && formBody(signature, given), [signature?.name, given]);
  const fault = isByHand ? jsonFault(text) : form === undefined ? "not known yet" : form.fault;
  const body = fault === undefined ? (isByHand ? text : form?.body) : undefined;
  useEffect(() => made(body), [body]);
  const choose = (chosen: string) => {
    setName(chosen);
    setGiven(new Map());
  };
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
        <fieldset class="segments">
          <legend class="hidden">How to write the request</legend>
          <button type="button" aria-pressed={!isByHand} onClick={() => setByHand(false)}>
            Form
          </button>
          <button type="button" aria-pressed={isByHand} onClick={toJson}>
            JSON
          </button>
        </fieldset>
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
      ) : (
        signature?.inputs.map((spec) => (
          <InputField
            key={`${signature.name}/${spec.name}`}
            spec={spec}
            shapes={signature.shapes}
            given={given.get(spec.name)}
            give={(value) => setGiven((before) => withGiven(before, spec.name, value))}
          />
        ))
      )}
      {isByHand && fault !== undefined && (
        <p class="fault" role="status">
          {fault}
        </p>
      )}
      <div class="buttons">
        <button type="submit" class="primary" disabled={body === undefined || isUnderWay}>
          Predict
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
  given: ReadonlyMap<string, Given>,
): { readonly body?: string; readonly fault?: string } {
  const inputs = new Map<string, string>();
  for (const { name, default: value } of signature.inputs) {
    const each = given.get(name);
    if (each === undefined ? value === undefined : isFault(each)) return { fault: `${name} cannot be sent` };
    if (each !== undefined && !isFault(each)) inputs.set(name, each.json);
  }
  return { body: predictBody(signature, inputs) };
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

function jsonFault(text: string): string | undefined {
  try {
    const value = parseJson(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? undefined : 'Expected an object, as {"inputs": {…}} or {"instances": […]}.';
  } catch (error) {
    return `This is no JSON: ${(error as Error).message}.`;
  }
}
