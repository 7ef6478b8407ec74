import { modelPath } from "../api/client.js";
import type { Signature } from "../api/signatures.js";
import type { Verb } from "./verbs.js";

/** Which version is asked: one by number, by label, or, without either, as the model's traffic rules say. */
export interface Target {
  readonly version?: string;
  readonly label?: string;
}

/** A request for inference as it is sent: in TensorFlow Serving's form, or in Triton's for what streams. */
export interface InferenceRequest {
  readonly verb: Verb;
  readonly path: string;
  readonly body: string;
}

export function inferencePath(model: string, { version, label }: Target, verb: Verb): string {
  const name = encodeURIComponent(model);
  const named = version ?? (label === undefined ? undefined : encodeURIComponent(label));
  if (verb === "generate_stream") {
    return `/v2/models/${name}${named === undefined ? "" : `/versions/${named}`}/${verb}`;
  }
  const part = named === undefined ? "" : version === undefined ? `/labels/${named}` : `/versions/${named}`;
  return `/v1/models/${name}${part}:${verb}`;
}

/** @param inputs JSON texts by name; inputs that are left out are not among them */
export function predictBody({ name }: Pick<Signature, "name">, inputs: ReadonlyMap<string, string>): string {
  return `{${signatureMember(name)}"inputs": {${members(inputs)}}}`;
}

/** @param example the features of the only example, as JSON */
export function examplesBody({ name }: Pick<Signature, "name">, example: string): string {
  return `{${signatureMember(name)}"examples": [${example}]}`;
}

/** @param inputs as those of {@link predictBody} */
export function generateBody({ name }: Pick<Signature, "name">, inputs: ReadonlyMap<string, string>): string {
  const parameters = name === USUAL ? [] : [["parameters", `{"signature_name": ${JSON.stringify(name)}}`] as const];
  return `{${members([...inputs, ...parameters])}}`;
}

/** The version whose signatures a target is likely to be answered by: its own, else the newest that is in service. */
export function describedVersion(
  { version, label }: Target,
  model: {
    readonly labels: Readonly<Record<string, string>>;
    readonly versions: readonly { readonly version: string; readonly state: string }[];
  },
): string | undefined {
  if (version !== undefined) return version;
  if (label !== undefined) return model.labels[label];
  return model.versions.find(({ state }) => state === "available")?.version;
}

export function versionPath(model: string, version: string): string {
  return `${modelPath(model)}/versions/${version}`;
}

const USUAL = "serving_default";

function signatureMember(name: string): string {
  return name === USUAL ? "" : `"signature_name": ${JSON.stringify(name)}, `;
}

function members(values: Iterable<readonly [name: string, json: string]>): string {
  return [...values].map(([name, json]) => `${JSON.stringify(name)}: ${json}`).join(", ");
}
