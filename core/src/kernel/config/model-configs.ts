import { resolve } from "node:path";
import type { TrafficRules } from "../../extension-points/deployments.js";
import { type ModelVersion, parseModelVersion } from "../../model/model-version.js";
import { DEFAULT_EXECUTION, type ExecutionSettings } from "../../serving/execution/execution-settings.js";
import { type FaultList, quote, type SourcePosition } from "./config-fault.js";
import type { ExecutionSection } from "./execution-grammar.js";
import { isVersion } from "./grammar-words.js";
import type { ModelSection } from "./model-grammar.js";
import { suggestKey } from "./nearest-key.js";
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

/** A label must not look like a version, and where a model lists its versions, each of its labels must be one of them. */
export function checkLabels(models: readonly Placed[], faults: FaultList): void {
  for (const model of models) {
    checkLabelNames(model, faults);
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

function checkLabelNames({ node, path }: Placed, faults: FaultList): void {
  const labels = childPlaced(node, path, "labels");
  for (const label of labels === undefined ? [] : childrenOf(labels)) {
    if (parseModelVersion(String(label.path.at(-1))) === undefined) continue;
    faults.add(label.keyAt, label.path, "expected a name that is no number, since it could not be told from a version");
  }
}

/** The targets of a model's traffic and shadow must be its own labels, or versions; where versions are listed, of the list. */
export function checkTargets(models: readonly Placed[], faults: FaultList): void {
  for (const model of models) {
    const labels = childPlaced(model.node, model.path, "labels");
    const names = labels === undefined ? [] : childrenOf(labels).map(({ path }) => String(path.at(-1)));
    for (const section of ["traffic", "shadow"]) {
      const targets = childPlaced(model.node, model.path, section);
      for (const target of targets === undefined ? [] : childrenOf(targets)) {
        const fault = targetFault(String(target.path.at(-1)), names, model.node);
        if (fault !== undefined) faults.add(target.keyAt, target.path, fault);
      }
    }
  }
}

function targetFault(target: string, labels: readonly string[], model: SourceNode): string | undefined {
  const version = parseModelVersion(target);
  if (version === undefined) {
    if (labels.includes(target)) return undefined;
    return `expected a label of this model or a version, got ${quote(target)}${suggestKey(target, labels)}`;
  }
  const versions = childOf(model, "versions")?.node;
  if (versions?.kind !== "list") return undefined;
  const listed = versions.items.map(versionOf);
  if (listed.includes(undefined) || listed.includes(version)) return undefined;
  return "expected a version that `versions` lists; add it there, or take it out here";
}

/** What the file pins of a model, and where; see {@link ModelConfig.pins}. */
export function pinsOf(model: Placed, file: string): ReadonlyMap<string, SourcePosition> {
  const pins = new Map<string, SourcePosition>();
  const pin = (what: string, { keyAt }: Pick<Placed, "keyAt">) => pins.set(what, { file, ...keyAt });
  pin("served", model);
  for (const key of ["path", "versions"]) {
    const place = childPlaced(model.node, model.path, key);
    if (place !== undefined) pin(key, place);
  }
  const labels = childPlaced(model.node, model.path, "labels");
  for (const label of labels === undefined ? [] : childrenOf(labels)) pin(`labels.${label.path.at(-1)}`, label);
  const rules = ["traffic", "stickyBy", "shadow"].flatMap((key) => childPlaced(model.node, model.path, key) ?? []);
  if (rules[0] !== undefined) pin("traffic", rules[0]);
  return pins;
}

function versionOf(node: SourceNode): ModelVersion | undefined {
  return node.kind === "scalar" && isVersion(node.value) ? BigInt(node.value) : undefined;
}

export function modelConfig(
  section: ModelSection | null | undefined,
  backend: PluginUse | undefined,
  pins: ReadonlyMap<string, SourcePosition>,
  directory: string,
): ModelConfig {
  return {
    path: section?.path === undefined ? undefined : resolve(directory, section.path),
    backend,
    versions: section?.versions,
    labels: section?.labels ?? new Map(),
    traffic: pins.has("traffic") ? trafficRules(section ?? undefined) : undefined,
    transition: section?.transition ?? "availability-preserving",
    loading: section?.loading,
    execution: section?.execution && executionSettings(section.execution),
    batching: section?.batching,
    pins,
    example: section?.example === undefined ? undefined : resolve(directory, section.example),
  };
}

function executionSettings({ instances = DEFAULT_EXECUTION.instances, ...rest }: ExecutionSection): ExecutionSettings {
  return { ...rest, instances };
}

function trafficRules(section: ModelSection | undefined): TrafficRules {
  return { split: section?.traffic ?? new Map(), stickyBy: section?.stickyBy, shadow: section?.shadow };
}
