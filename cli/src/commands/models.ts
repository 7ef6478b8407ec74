import type { DescribedVersion, Model, ModelList, Version, VersionList } from "@plinth/management";
import { apiPath } from "../api/management-client.js";
import { exitOnError } from "../exit.js";
import { age } from "../output/age.js";
import { printDocument } from "../output/print-document.js";
import { signatureTable } from "../output/signature-table.js";
import { table } from "../output/table.js";
import { clientOf, type ManagementOptions } from "./management-options.js";

export function modelsCommand(options: ManagementOptions): Promise<void> {
  return exitOnError(async () => {
    printDocument(await clientOf(options).get<ModelList>("/api/models"), options.output, ({ items }) =>
      modelTable(items),
    );
  });
}

export function versionsCommand(model: string, version: string | undefined, options: ManagementOptions): Promise<void> {
  return exitOnError(async () => {
    const client = clientOf(options);
    if (version === undefined) {
      const versions = await client.get<VersionList>(apiPath("models", model, "versions"));
      printDocument(versions, options.output, ({ items }) => versionTable(items));
    } else {
      const described = await client.get<DescribedVersion>(apiPath("models", model, "versions", version));
      printDocument(described, options.output, versionText);
    }
  });
}

export function modelTable(models: readonly Model[]): string {
  if (models.length === 0) return "No model in the storage yet.";
  return table(
    ["model", "ready", "versions", "labels", "traffic", "revision"],
    models.map(({ model, served, ready, versions, labels, traffic, revision }) => [
      model,
      served ? (ready ? "yes" : "no") : "not served",
      versions
        .map((each) => (each.state === "available" ? each.version : `${each.version} (${stateOf(each)})`))
        .join(", "),
      Object.entries(labels)
        .map(([label, version]) => `${label}=${version}`)
        .join(", "),
      Object.entries(traffic.split)
        .map(([target, weight]) => `${target}=${weight}`)
        .join(", ") || "newest",
      String(revision),
    ]),
  );
}

function versionTable(versions: readonly Version[]): string {
  if (versions.length === 0) return "No version in the storage.";
  return table(
    ["version", "state", "for", "labels", "error"],
    versions.map((each) => [
      each.version,
      stateOf(each),
      age(each.since),
      each.labels.join(", "),
      each.error?.message ?? "",
    ]),
  );
}

function versionText(version: DescribedVersion): string {
  const { backend, details = {}, signatures } = version;
  if (backend === undefined || signatures === undefined) {
    return `${versionTable([version])}\nWhat it takes and gives is known while it is in memory.`;
  }
  const facts = table(["backend", ...Object.keys(details)], [[backend, ...Object.values(details)]]);
  return [versionTable([version]), facts, signatureTable(signatures)].join("\n\n");
}

function stateOf({ state, onDemand }: Version): string {
  return onDemand === true ? `${state}, on demand` : state;
}
