import type { ConfigSetting } from "../../extension-points/server-configuration.js";
import type { JsonValue } from "../../extension-points/storage.js";
import { type ConfigPath, formatPath } from "./config-fault.js";
import { type EffectivePart, FILLED_IN } from "./effective-config.js";
import { type JsonSchema, schemasAt } from "./json-schema.js";
import type { SourceNode, SourceScalar } from "./source-tree.js";

/** Keys whose values are secret whatever their schema says: those of plugins that forgot to say so. */
const SECRET_KEY = /pass(word|phrase|wd)|secret|token|credential|authorization|(api|private|access)_?-?key/i;

/** The part of a URL that names a user, with a password. */
const USER_IN_URL = /(:\/\/)[^/@\s]+@/g;

/** In which file what stands, by the section that it is in. */
export interface SettingsSource {
  /** As the user named it. */
  readonly file: string;
  /** Sections that the file does not have. */
  readonly isDefault: (section: string) => boolean;
}

/**
 * Every value of a configuration with its place. Those that a schema marks as `writeOnly`, as JSON Schema has it for what is never to be
 * shown, are left out, and what came from the environment is shown as the reference that is written.
 */
export function configSettings(parts: readonly EffectivePart[], source: SettingsSource): readonly ConfigSetting[] {
  return parts.flatMap(({ path, node, schema, within }) => [
    ...settingsOf({ node, path, schema, within, isSecret: false }, source),
  ]);
}

interface Place {
  readonly node: SourceNode;
  readonly path: ConfigPath;
  readonly schema: JsonSchema | undefined;
  readonly within: ConfigPath;
  /** Whether all of what is around it is. */
  readonly isSecret: boolean;
}

function* settingsOf(place: Place, source: SettingsSource): Generator<ConfigSetting> {
  const { node, path } = place;
  const isSecret = place.isSecret || isMarked(place) || SECRET_KEY.test(String(path.at(-1)));
  const steps = childrenOf(node);
  if (steps.length === 0) {
    yield {
      path: formatPath(path),
      value: isSecret ? undefined : shownValue(node),
      position: positionOf(place, source),
      variables: node.kind === "scalar" ? [...node.variables.keys()] : [],
    };
    return;
  }
  for (const [step, child] of steps) {
    const inner = { path: [...path, step], within: [...place.within, step] };
    yield* settingsOf({ ...place, ...inner, node: child, isSecret }, source);
  }
}

function childrenOf(node: SourceNode): readonly (readonly [step: string | number, child: SourceNode])[] {
  if (node.kind === "list") return [...node.items.entries()];
  return node.kind === "mapping" ? [...node.entries].map(([key, entry]) => [key, entry.node]) : [];
}

function isMarked({ schema, within }: Place): boolean {
  return schema !== undefined && schemasAt(schema, within).some(({ writeOnly }) => writeOnly === true);
}

function shownValue(node: SourceNode): JsonValue {
  if (node.kind !== "scalar") return node.kind === "list" ? [] : {};
  return node.hasReference ? node.written : plain(node);
}

function plain({ value }: SourceScalar): JsonValue {
  if (typeof value === "bigint") return String(value);
  return typeof value === "string" ? value.replace(USER_IN_URL, "$1…@") : value;
}

function positionOf({ node: { at }, path }: Place, { file, isDefault }: SettingsSource): string | undefined {
  if (at === FILLED_IN || isDefault(String(path[0]))) return undefined;
  return `${at.file ?? file}:${at.line}:${at.column}`;
}
