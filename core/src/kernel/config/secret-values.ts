import type { ConfigPath } from "./config-fault.js";
import { everySchemaAt, type JsonSchema } from "./json-schema.js";
import { childrenOf, type Placed, type SourceNode } from "./source-tree.js";

/** Keys whose values are secret whatever their schema says: those of plugins that forgot to mark them. */
const SECRET_KEY = /pass(word|phrase|wd)|secret|token|credential|authorization|(api|private|access)_?-?key/i;

/**
 * Whether what stands at `path` is marked as `SECRET`, or called so. What is around it does not count.
 *
 * @param schema describes what `path` begins in; `undefined` where nothing is known
 */
export function isSecret(schema: JsonSchema | undefined, path: ConfigPath): boolean {
  return isCalledSecret(path) || (schema !== undefined && isMarked(schema, path));
}

/** Whether a message may not show this value: it is, or stands in something, that is marked, or is a text in something that is called so. */
export function isSecretValue(schema: JsonSchema, path: ConfigPath, node: SourceNode | undefined): boolean {
  if (node?.kind !== "scalar" || node.value === null) return false;
  const within = path.map((_, index) => path.slice(0, index + 1));
  return within.some((each) => isMarked(schema, each) || (typeof node.value === "string" && isCalledSecret(each)));
}

/** All such values in a place, as texts. */
export function secretTexts(schema: JsonSchema, place: Placed): readonly string[] {
  const { node, path } = place;
  if (node.kind === "scalar") return isSecretValue(schema, path, node) ? [String(node.value)] : [];
  return childrenOf(place).flatMap((child) => secretTexts(schema, child));
}

function isCalledSecret(path: ConfigPath): boolean {
  return SECRET_KEY.test(String(path.at(-1)));
}

function isMarked(schema: JsonSchema, path: ConfigPath): boolean {
  return everySchemaAt(schema, path).some(({ writeOnly }) => writeOnly === true);
}
