import type {
  ConfigurationDocument,
  PluginListDocument,
  ServerStatisticsDocument,
  StorageStateDocument,
} from "@plinth/management";
import { exitOnError } from "../exit.js";
import { age } from "../output/age.js";
import { printDocument } from "../output/print-document.js";
import { table } from "../output/table.js";
import { formatBytes } from "../output/transfer-progress.js";
import { clientOf, type ManagementOptions } from "./management-options.js";

export interface ConfigOptions extends ManagementOptions {
  readonly defaults?: boolean;
}

/** What a running server runs by; what a file says is for `plinth check --print`. */
export function configCommand(options: ConfigOptions): Promise<void> {
  return exitOnError(async () => {
    const document = await clientOf(options).get<ConfigurationDocument>("/api/config");
    printDocument(document, options.output, (running) => configText(running, options.defaults === true));
  });
}

export function pluginsCommand(options: ManagementOptions): Promise<void> {
  return exitOnError(async () => {
    const document = await clientOf(options).get<PluginListDocument>("/api/plugins");
    printDocument(document, options.output, pluginsText);
  });
}

export function storageCommand(options: ManagementOptions): Promise<void> {
  return exitOnError(async () => {
    const client = clientOf(options);
    const [storage, { memory }] = await Promise.all([
      client.get<StorageStateDocument>("/api/storage"),
      client.get<ServerStatisticsDocument>("/api/statistics"),
    ]);
    printDocument({ ...storage, memory }, options.output, storageText);
  });
}

function configText({ file, settings, lastReload }: ConfigurationDocument, withDefaults: boolean): string {
  const shown = withDefaults ? settings : settings.filter(({ position }) => position !== undefined);
  const rows = shown.map(({ path, value, secret, position = "default", variables }) => [
    path,
    secret === true ? "(hidden)" : typeof value === "string" ? value : JSON.stringify(value),
    [position, ...variables.map((name) => `from ${name}`)].join(", "),
  ]);
  return [file, "", table(["setting", "value", "from"], rows), ...reloadLines(lastReload)].join("\n");
}

function reloadLines(last: ConfigurationDocument["lastReload"]): readonly string[] {
  if (last === undefined) return [];
  const outcome = last.error === undefined ? "applied" : `not applied: ${last.error.message}`;
  return ["", `Read again ${age(last.at)} ago and ${outcome}`];
}

function pluginsText({ items, server: { version, node, platform } }: PluginListDocument): string {
  const rows = items.map(({ kind, use, name, version: its = "", module }) => [name, its, `${kind} ${use}`, module]);
  return `Plinth ${version} on Node ${node}, ${platform}\n\n${table(["plugin", "version", "as", "module"], rows)}`;
}

type Storage = StorageStateDocument & Pick<ServerStatisticsDocument, "memory">;

function storageText({ use, models, versions, watches, records, unreadable, error, memory }: Storage): string {
  const { budgetBytes, usedBytes } = memory;
  const budget = budgetBytes === 0 ? "without a bound" : `of ${formatBytes(budgetBytes)}`;
  const lines = [
    `${use}: ${versions} versions of ${models} models`,
    `New versions ${watches ? "are told of at once" : "are found by the next look"}`,
    `Records ${records.writable ? "can be written" : `cannot be written: ${records.error?.message}`}`,
    `In memory: about ${formatBytes(usedBytes)} ${budget}`,
  ];
  const failures = [
    ...(error === undefined ? [] : [error.message]),
    ...unreadable.map((each) => `${each.model}: ${each.error.message}`),
  ];
  return [...lines, ...failures].join("\n");
}
