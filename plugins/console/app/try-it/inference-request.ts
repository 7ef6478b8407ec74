import { modelPath } from "../api/client.js";
import type { Signature } from "../api/signatures.js";

/** Which version is asked: one by number, by label, or, without either, as the model's traffic rules say. */
export interface Target {
  readonly version?: string;
  readonly label?: string;
}

/** A request for inference as it is sent, in TensorFlow Serving's form. */
export interface InferenceRequest {
  readonly path: string;
  readonly body: string;
}

export function predictPath(model: string, { version, label }: Target): string {
  const part =
    version !== undefined ? `/versions/${version}` : label !== undefined ? `/labels/${encodeURIComponent(label)}` : "";
  return `/v1/models/${encodeURIComponent(model)}${part}:predict`;
}

/** @param inputs JSON texts by name; inputs that are left out are not among them */
export function predictBody({ name }: Pick<Signature, "name">, inputs: ReadonlyMap<string, string>): string {
  const members = [...inputs].map(([input, json]) => `${JSON.stringify(input)}: ${json}`);
  const signature = name === "serving_default" ? "" : `"signature_name": ${JSON.stringify(name)}, `;
  return `{${signature}"inputs": {${members.join(", ")}}}`;
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
