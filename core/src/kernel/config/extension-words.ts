import type { PluginUses } from "./plugin-uses.js";
import type { PluginUse } from "./server-config.js";
import { childOf, type Placed, type SourceEntry, type SourceMapping, type SourceNode, treeOf } from "./source-tree.js";

/** What may be the word of a plugin of Plinth's own: the package `@plinth/<word>`. */
const WORD = /^[a-z][a-z0-9-]{0,63}$/;

/** The top-level words that plugins own, and the rest. */
export interface ExtensionWords {
  /** What is core's to check: without the words, but with those for which there is no plugin. */
  readonly rest: SourceMapping;
  readonly uses: readonly PluginUse[];
  /** Every word that a plugin owns, also where it is switched off. */
  readonly words: readonly string[];
}

/**
 * Takes the top-level words out of the configuration that are none of core's: each is the package `@plinth/<word>`, or the plugin
 * that its `use` names. `false` leaves out one that would be there by default.
 */
export async function extensionWords(
  root: SourceMapping,
  coreWords: readonly string[],
  uses: PluginUses,
): Promise<ExtensionWords> {
  const rest = new Map<string, SourceEntry>();
  const found: PluginUse[] = [];
  const words: string[] = [];
  for (const [word, entry] of root.entries) {
    const place = coreWords.includes(word) ? undefined : extensionPlace(word, entry);
    if (place === undefined || !(childOf(entry.node, "use") !== undefined || uses.exists("extension", word))) {
      rest.set(word, entry);
    } else {
      words.push(word);
      const use = isSwitchedOff(entry.node) ? undefined : await uses.resolve("extension", place);
      if (use !== undefined) found.push(use);
    }
  }
  return { rest: { ...root, entries: rest }, uses: found, words };
}

/** The place with the `use` that it stands for. */
function extensionPlace(word: string, { node, keyAt }: SourceEntry): Placed | undefined {
  if (!WORD.test(word)) return undefined;
  const isBare = node.kind === "scalar" && (node.value === null || node.value === false) && !node.hasReference;
  if (node.kind !== "mapping" && !isBare) return undefined;
  const entries = node.kind === "mapping" ? node.entries : new Map<string, SourceEntry>();
  const named = entries.has("use") ? entries : new Map([["use", { keyAt, node: treeOf(word, keyAt) }], ...entries]);
  return { node: { kind: "mapping", at: node.at, entries: named }, keyAt, path: [word] };
}

function isSwitchedOff(node: SourceNode): boolean {
  return node.kind === "scalar" && node.value === false;
}
