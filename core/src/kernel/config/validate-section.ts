import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { OptionFinding, OptionsSchema } from "../../extension-points/plugin.js";
import { withinTime } from "../plugins/within-time.js";
import { type ConfigPath, type FaultList, quote } from "./config-fault.js";
import { describeNode, secretsNamed } from "./describe-node.js";
import { guardedExpectation, isZodIssue, repeatsValue, type ZodIssue } from "./issue-expectation.js";
import { closedKeysAt, type JsonSchema } from "./json-schema.js";
import { suggestKey } from "./nearest-key.js";
import { isSecretValue, secretTexts } from "./secret-values.js";
import { locate, type Placed, plainValue, scalarsOf, variablesIn } from "./source-tree.js";

/** A part of the configuration and what it is held against. */
export interface Section<Value> extends Placed {
  readonly schema: OptionsSchema<Value>;
  readonly jsonSchema: JsonSchema;
  /** Whether the schema's messages may hold a value that came from the environment: those of a plugin may. */
  readonly messages: "own" | "foreign";
}

export const VALIDATION_TIMEOUT_MS = 60_000;
/** How a value is told of that is secret. */
const UNTOLD = "a value that is secret";
const NONE: ReadonlyMap<string, string> = new Map();

/**
 * What the schema makes of the section, or `undefined` once all that is wrong with it was added to `faults`.
 *
 * @throws whatever the schema throws; also where it does not come to an end.
 */
export async function validateSection<Value>(
  section: Section<Value>,
  faults: FaultList,
): Promise<{ readonly value: Value } | undefined> {
  const validation = section.schema["~standard"].validate(plainValue(section.node));
  const result = await withinTime(validation, VALIDATION_TIMEOUT_MS);
  if (result.issues === undefined) return result;
  const secrets = secretsOf(section);
  for (const issue of result.issues) reportIssue(section, issue, secrets, faults);
  return undefined;
}

/** Adds what a plugin found in options that its schema took. Where its words would show what is secret they are kept back. */
export function reportFinding(
  section: Section<unknown>,
  { path, message, severity }: OptionFinding,
  faults: FaultList,
): void {
  const { variables, texts } = secretsOf({ ...section, messages: "foreign" });
  const { node, nearestKeyAt } = locate(section.node, section.keyAt, path);
  const at = node === undefined || path.length === 0 ? nearestKeyAt : node.at;
  const shown = repeatsValue(message, texts) ? withheld(variables) : message;
  const fullPath = [...section.path, ...path];
  if (severity === "warning") faults.warn(at, fullPath, shown);
  else faults.add(at, fullPath, shown);
}

/** What no message of a section may show. */
interface Secrets {
  /** What came from the environment, by its names there. */
  readonly variables: ReadonlyMap<string, string>;
  /** That, and what stands where the schema says that it is secret. */
  readonly texts: readonly string[];
}

function secretsOf(section: Section<unknown>): Secrets {
  const variables = section.messages === "foreign" ? variablesIn(section.node) : NONE;
  return { variables, texts: [...variables.values(), ...secretTexts(section.jsonSchema, { ...section, path: [] })] };
}

function reportIssue(
  section: Section<unknown>,
  issue: StandardSchemaV1.Issue,
  secrets: Secrets,
  faults: FaultList,
): void {
  const path = pathOf(issue);
  const zodIssue = isZodIssue(issue) ? issue : undefined;
  if (zodIssue?.code === "unrecognized_keys") {
    for (const key of zodIssue.keys ?? []) reportUnknownKey(section, [...path, key], faults);
    return;
  }
  const chosen = zodIssue?.code === "invalid_union" ? chosenBranch(zodIssue) : undefined;
  if (chosen !== undefined) {
    for (const inner of chosen) reportIssue(section, { ...inner, path: [...path, ...pathOf(inner)] }, secrets, faults);
    return;
  }
  const { node, nearest, nearestKeyAt } = locate(section.node, section.keyAt, path);
  const fullPath = [...section.path, ...path];
  const secretsHere = section.messages === "foreign" ? variablesIn(node ?? nearest) : NONE;
  const isSecret = isSecretValue(section.jsonSchema, path, node);
  const isGuarded = secretsHere.size > 0 || (isSecret && section.messages === "foreign");
  const expectation = guardedExpectation(issue, isGuarded, secrets.texts);
  if (node === undefined) {
    faults.add(nearestKeyAt, fullPath, expectation === undefined ? "missing" : `missing; ${expectation}`);
    return;
  }
  if (isUnknownKey(section, path)) {
    reportUnknownKey(section, path, faults);
    return;
  }
  if ([...scalarsOf(node)].some((scalar) => scalar.isFaulty)) return;
  // The section as a whole is shown by its key, and so is a key that is wrong itself.
  const isAboutKey = path.length === 0 || zodIssue?.code === "invalid_key";
  const at = isAboutKey ? nearestKeyAt : node.at;
  if (expectation === undefined)
    faults.add(at, fullPath, withheld(secretsHere.size > 0 ? secretsHere : secrets.variables));
  else
    faults.add(
      at,
      fullPath,
      isAboutKey ? expectation : `${expectation}, got ${isSecret ? UNTOLD : describeNode(node)}`,
    );
}

function withheld(variables: ReadonlyMap<string, string>): string {
  return (
    `refused by the plugin, whose message is withheld since it may show ${secretsNamed(variables)}; ` +
    "write a harmless value into the file to see it"
  );
}

/** Libraries other than zod mark an unknown key as a wrong value; the JSON Schema tells. */
function isUnknownKey({ jsonSchema }: Section<unknown>, path: ConfigPath): boolean {
  const key = path.at(-1);
  return typeof key === "string" && closedKeysAt(jsonSchema, path.slice(0, -1))?.includes(key) === false;
}

function reportUnknownKey(section: Section<unknown>, path: ConfigPath, faults: FaultList): void {
  const key = String(path.at(-1));
  const known = closedKeysAt(section.jsonSchema, path.slice(0, -1)) ?? [];
  const { nearestKeyAt } = locate(section.node, section.keyAt, path);
  faults.add(nearestKeyAt, [...section.path, ...path], `unknown key ${quote(key)}${suggestKey(key, known)}`);
}

/** The one alternative of a choice whose kind of value came, so that what is wrong inside it can be told. */
function chosenBranch(issue: ZodIssue): readonly ZodIssue[] | undefined {
  const branches = (issue.errors ?? []).filter((branch) => branch.length > 0 && !branch.some(isOfAnotherKind));
  return branches.length === 1 ? branches[0] : undefined;
}

function isOfAnotherKind(issue: ZodIssue): boolean {
  return pathOf(issue).length === 0 && ["invalid_type", "invalid_value", "invalid_union"].includes(issue.code);
}

function pathOf(issue: { readonly path?: StandardSchemaV1.Issue["path"] }): ConfigPath {
  return (issue.path ?? []).map((step) => {
    const key = typeof step === "object" ? step.key : step;
    return typeof key === "number" ? key : String(key);
  });
}
