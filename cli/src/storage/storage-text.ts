import type { Plugin } from "@plinth/core";
import { CommandFailure, EXIT_USAGE } from "../exit.js";

/** What an option names: a configuration whose storage is meant, or the storage itself, as a configuration that has nothing else. */
export type NamedStorage = { readonly file: string } | { readonly text: string };

/** The storage plugins that may be named in short, by what a configuration calls them. */
export type KnownStorages = ReadonlyMap<string, Plugin>;

/** What YAML takes for something else than text. */
const PLAIN_SCALAR = /^(?:true|false|null|[-+]?\d+(?:\.\d+)?)$/;

/**
 * Reads what stands behind `--from` and `--to`:
 *
 * - `config.yaml`, any name that ends so or in `.yml` or `.json`: the storage of that configuration, with its models' paths
 * - `{ use: disk, root: ./models }`: the section as it would stand there
 * - `disk:./models`, `disk:./models,settleMs=0`, `memory`: the same in short; what stands first without a name is the one option
 *   that the storage must have
 *
 * Nothing is checked but the form; what is composed is checked as every configuration is.
 *
 * @throws CommandFailure for text of no such form
 */
export function namedStorage(option: string, value: string, known: KnownStorages): NamedStorage {
  if (value.trimStart().startsWith("{")) return { text: `storage: ${value}` };
  if (/\.(?:ya?ml|json)$/i.test(value)) return { file: value };
  const [, use = "", rest] = /^([\w@/.-]+?)(?::(.*))?$/s.exec(value) ?? [];
  const plugin = known.get(use);
  if (plugin === undefined) {
    throw new CommandFailure(
      `${option}: expected a configuration as config.yaml, a storage as { use: disk, root: ./models }, or in short ` +
        `${[...known.keys()].map((name) => `${name}:…`).join(" or ")}; got ${JSON.stringify(value)}`,
      EXIT_USAGE,
    );
  }
  const options = optionsOf(option, use, rest, plugin).map(
    ([name, text]) => `${JSON.stringify(name)}: ${scalar(text)}`,
  );
  return { text: `storage: { ${[`use: ${use}`, ...options].join(", ")} }` };
}

function optionsOf(option: string, use: string, rest = "", plugin: Plugin): readonly (readonly [string, string])[] {
  if (rest === "") return [];
  return rest.split(",").map((part, index) => {
    const [, name, value] = /^(\w+)=(.*)$/s.exec(part) ?? [];
    if (name !== undefined && value !== undefined) return [name, value];
    const [main] = requiredOptions(plugin);
    if (index === 0 && main !== undefined) return [main, part];
    throw new CommandFailure(
      `${option}: expected name=value, got ${JSON.stringify(part)}; values with a comma fit into ` +
        `{ use: ${use}, name: "value" }`,
      EXIT_USAGE,
    );
  });
}

/** Options without which the plugin cannot be used. */
function requiredOptions({ config }: Plugin): readonly string[] {
  const { required } = config["~standard"].jsonSchema.input({ target: "draft-2020-12" });
  return Array.isArray(required) ? required.map(String) : [];
}

function scalar(text: string): string {
  return PLAIN_SCALAR.test(text) ? text : JSON.stringify(text);
}
