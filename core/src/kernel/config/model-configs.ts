import { resolve } from "node:path";
import type { ModelVersion } from "../../model/model-version.js";
import { DEFAULT_VERSION_POLICY } from "../../serving/lifecycle/version-policy.js";
import type { FaultList } from "./config-fault.js";
import { isVersion, type ModelSection } from "./grammar.js";
import type { PlacedUse, PluginUses } from "./plugin-uses.js";
import type { ModelConfig, PluginUse } from "./server-config.js";
import {
  childOf,
  childPlaced,
  childrenOf,
  overlayMapping,
  type Placed,
  type SourceMapping,
  type SourceNode,
  type SourceScalar,
  withoutKey,
} from "./source-tree.js";

/** The backends that models name for themselves, by the model's name. */
export async function modelBackends(
  models: readonly Placed[],
  backends: readonly PlacedUse[],
  uses: PluginUses,
): Promise<ReadonlyMap<string, PluginUse>> {
  const found = new Map<string, PluginUse>();
  for (const model of models) {
    const place = childPlaced(model.node, model.path, "backend");
    const backend = place && (await modelBackend(place, backends, uses));
    if (backend !== undefined) found.set(String(model.path.at(-1)), backend);
  }
  return found;
}

async function modelBackend(
  place: Placed,
  backends: readonly PlacedUse[],
  uses: PluginUses,
): Promise<PluginUse | undefined> {
  const { node, path } = place;
  const use = node.kind === "scalar" ? node : childOf(node, "use")?.node;
  if (use?.kind !== "scalar") return undefined;
  const named = backends.find((entry) => !use.hasReference && nameOf(entry.node) === use.value);
  const own: SourceMapping =
    node.kind === "mapping" ? withoutKey(node, "use") : { kind: "mapping", at: node.at, entries: new Map() };
  if (named !== undefined && own.entries.size === 0) return named.plugin;
  const loaded = await uses.load("backend", use, node.kind === "scalar" ? path : [...path, "use"]);
  if (loaded === undefined) return undefined;
  const entry = named ?? backends.find(({ plugin }) => plugin?.moduleUrl === loaded.moduleUrl);
  if (entry?.plugin !== undefined && own.entries.size === 0) return entry.plugin;
  const shared = entry?.node.kind === "mapping" ? withoutKey(entry.node, "use") : undefined;
  const options = shared === undefined ? own : overlayMapping(shared, own);
  return uses.configure(loaded, use, { ...place, node: options });
}

function nameOf(node: SourceNode): SourceScalar["value"] | undefined {
  const use = childOf(node, "use")?.node;
  return use?.kind === "scalar" ? use.value : undefined;
}

/** Where a model lists its versions, each of its labels must be one of them. */
export function checkLabels(models: readonly Placed[], faults: FaultList): void {
  for (const model of models) {
    const versions = childOf(model.node, "versions")?.node;
    const labels = childPlaced(model.node, model.path, "labels");
    if (versions?.kind !== "list" || labels?.node.kind !== "mapping") continue;
    const listed = new Set(versions.items.map(versionOf));
    if (listed.has(undefined)) continue;
    for (const { node, path } of childrenOf(labels)) {
      const version = versionOf(node);
      if (version === undefined || listed.has(version)) continue;
      faults.add(node.at, path, "expected a version that `versions` lists; add it there, or move the label");
    }
  }
}

function versionOf(node: SourceNode): ModelVersion | undefined {
  return node.kind === "scalar" && isVersion(node.value) ? BigInt(node.value) : undefined;
}

export function modelConfig(
  section: ModelSection | null | undefined,
  backend: PluginUse | undefined,
  directory: string,
): ModelConfig {
  return {
    backend,
    versions: section?.versions ?? DEFAULT_VERSION_POLICY,
    labels: section?.labels ?? new Map(),
    traffic: undefined,
    transition: "availability-preserving",
    pins: new Map(),
    example: section?.example === undefined ? undefined : resolve(directory, section.example),
  };
}
