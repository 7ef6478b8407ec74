import type { ConfigSetting } from "../../extension-points/server-configuration.js";
import type { JsonValue } from "../../extension-points/storage.js";
import { type ConfigPath, formatPath } from "./config-fault.js";
import { type EffectivePart, FILLED_IN } from "./effective-config.js";
import type { JsonSchema } from "./json-schema.js";
import { isSecret } from "./secret-values.js";
import { childOf, type SourceNode, type SourceScalar } from "./source-tree.js";

/** The part of a URL that names a user, with a password. */
const USER_IN_URL = /(:\/\/)[^/@\s]+@/g;

/** In which file what stands, by the section that it is in. */
export interface SettingsSource {
  /** As the user named it. */
  readonly file: string;
  /** Sections that the file does not have. */
  readonly isDefault: (section: string) => boolean;
  /** The JSON Schema of a backend's options, which stand at models as well; `undefined` where it is not known. */
  readonly backendSchema: (use: unknown) => JsonSchema | undefined;
}

/**
 * Every value of a configuration with its place. Those that a schema marks as `SECRET`, or that are called so, are
 * left out, and what came from the environment is shown as the reference that is written.
 */
export function configSettings(parts: readonly EffectivePart[], source: SettingsSource): readonly ConfigSetting[] {
  return parts.flatMap(({ path, node, schema, within }) => [
    ...settingsOf({ node, path, schema, within, isHidden: false }, source),
  ]);
}

interface Place {
  readonly node: SourceNode;
  readonly path: ConfigPath;
  readonly schema: JsonSchema | undefined;
  readonly within: ConfigPath;
  /** Whether what is around it is secret. */
  readonly isHidden: boolean;
}

function* settingsOf(place: Place, source: SettingsSource): Generator<ConfigSetting> {
  const { node, path, schema, within } = place;
  const isHidden = place.isHidden || isSecret(schema, within.length > 0 ? within : path);
  const steps = childrenOf(node);
  if (steps.length === 0) {
    yield {
      path: formatPath(path),
      value: isHidden ? undefined : shownValue(node),
      position: positionOf(place, source),
      variables: node.kind === "scalar" ? [...node.variables.keys()] : [],
    };
    return;
  }
  for (const [step, child] of steps) {
    const inner = { ...place, path: [...path, step], within: [...within, step], node: child, isHidden };
    yield* settingsOf(isModelBackend(inner) ? describedByBackend(inner, source) : inner, source);
  }
}

/** Whether a place is that of a model's own backend. */
function isModelBackend({ path: [section, , key, ...deeper], node }: Place): boolean {
  return section === "models" && key === "backend" && deeper.length === 0 && node.kind === "mapping";
}

/** The grammar knows nothing of a backend's options. */
function describedByBackend(place: Place, { backendSchema }: SettingsSource): Place {
  const use = childOf(place.node, "use")?.node;
  const schema = use?.kind === "scalar" ? backendSchema(use.value) : undefined;
  return schema === undefined ? place : { ...place, schema, within: [] };
}

function childrenOf(node: SourceNode): readonly (readonly [step: string | number, child: SourceNode])[] {
  if (node.kind === "list") return [...node.items.entries()];
  return node.kind === "mapping" ? [...node.entries].map(([key, entry]) => [key, entry.node]) : [];
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
