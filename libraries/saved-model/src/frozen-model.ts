import { Checkpoint } from "./checkpoint/checkpoint.js";
import type { ConstantTensor } from "./constant-tensor.js";
import { type HandleDefinition, NodeBudget } from "./freeze/body-builder.js";
import { byTraining, type FlatCallable, flattenCallable, listCallables } from "./freeze/callables.js";
import { captures } from "./freeze/captures.js";
import { finishSignature } from "./freeze/finish-signature.js";
import type { FlatGraph } from "./freeze/flat-graph.js";
import { type FlatSignature, flattenSignature } from "./freeze/flat-signature.js";
import { Handles, isVariable } from "./freeze/handles.js";
import { Inliner } from "./freeze/inliner.js";
import { ModelGraph } from "./freeze/model-graph.js";
import { changedResources, usedResources } from "./freeze/resource-use.js";
import type { SimplifyOptions } from "./freeze/simplify.js";
import { InitialValues } from "./initial/initial-values.js";
import { Initialisation } from "./initial/initialisation.js";
import type { Limits } from "./limits.js";
import { readCheckpointKeys } from "./messages/checkpoint-objects-message.js";
import type { MetaGraph } from "./messages/meta-graph-message.js";
import type { ExpansionBudget } from "./messages/tensor-message.js";
import { WireReader } from "./messages/wire-reader.js";
import { resourceOf } from "./resource.js";
import type { Callable, InitialValue, LookupTable, ModelSignature, Resource, SavedModel } from "./saved-model.js";
import { SavedModelError, type SavedModelErrorReason } from "./saved-model-error.js";

export interface FrozenModelOptions {
  readonly directory: string;
  readonly metaGraph: MetaGraph;
  readonly assetPaths: ReadonlyMap<string, string>;
  readonly limits: Limits;
  readonly signal: AbortSignal | undefined;
  readonly assertions: SimplifyOptions["assertions"];
}

/** What a variable or table begins with, or why that cannot be told; `undefined` where it begins with nothing. */
type Beginning = InitialValue | LookupTable["entries"] | SavedModelError;

/** What a checkpoint calls its description of the model's objects. */
const OBJECTS = "_CHECKPOINTABLE_OBJECT_GRAPH";

/** With these, no part of the model is to be trusted. */
const DAMAGED: ReadonlySet<SavedModelErrorReason> = new Set([
  "FILE_MISSING",
  "FILE_INVALID",
  "CHECKSUM_MISMATCH",
  "TOO_LARGE",
]);

/**
 * Takes signatures and callables one after the other, then freezes them together: what one changes is no constant for any other. To be
 * closed after use.
 */
export class FrozenModel {
  readonly #options: FrozenModelOptions;
  readonly #budget: ExpansionBudget;
  readonly #nodeBudget: NodeBudget;
  readonly #graph: ModelGraph;
  readonly #handles: Handles = new Handles();
  readonly #flat = new Map<string, FlatSignature>();
  readonly #flatCallables: FlatCallable[] = [];
  readonly #refused = new Map<string, SavedModelError>();
  readonly #initialisation: Initialisation = new Initialisation();
  readonly #initialValues: InitialValues;
  #checkpoint: Promise<Checkpoint> | undefined;

  constructor(options: FrozenModelOptions) {
    this.#options = options;
    this.#budget = { bytesLeft: options.limits.maxExpandedBytes };
    this.#nodeBudget = new NodeBudget(options.limits);
    const { graph, ops } = options.metaGraph;
    this.#graph = new ModelGraph({ graph, ops, assetPaths: options.assetPaths, budget: this.#budget });
    const { directory, limits, signal } = options;
    const checkpoint = (): Promise<Checkpoint> => this.#openCheckpoint();
    this.#initialValues = new InitialValues({
      directory,
      initialisation: this.#initialisation,
      checkpoint,
      limits,
      signal,
    });
    this.#initialise();
  }

  takeSignatures(names: readonly string[]): void {
    for (const name of names) {
      const saved = this.#options.metaGraph.signatures.get(name);
      if (saved === undefined) continue;
      this.#attempt(name, () => this.#flat.set(name, flattenSignature(name, saved, this.#inliner(), this.#budget)));
    }
  }

  async takeCallables(): Promise<void> {
    const { objects, assets } = this.#options.metaGraph;
    if (objects === undefined) return;
    const variables = await this.#variablesOfObjects();
    const captureOf = captures({
      objects,
      assets,
      handles: this.#handles,
      inliner: () => this.#inliner(),
      variables,
    });
    for (const callable of listCallables(objects)) {
      this.#attempt(callable.name, () =>
        this.#flatCallables.push(flattenCallable(callable, objects, this.#inliner(), captureOf)),
      );
    }
  }

  async freeze(): Promise<Pick<SavedModel, "signatures" | "refused" | "callables" | "resources">> {
    const all = [...this.#flat.values(), ...this.#flatCallables.map(({ signature }) => signature)];
    const changed = changedResources(all.map(({ graph }) => graph));
    const values = new Map<string, Beginning>();
    for (const key of new Set(all.flatMap(({ graph }) => [...usedResources(graph)]))) {
      const definition = this.#handles.get(key);
      if (definition !== undefined) values.set(key, await this.#beginning(definition, changed.has(key)));
    }
    const constants = new Map([...values].flatMap(([key, value]) => this.#constant(key, value, changed)));
    const options = { changed, isSink: (op: string) => this.#isSink(op), assertions: this.#options.assertions };
    const signatures = new Map<string, ModelSignature>();
    for (const [name, flat] of this.#flat) {
      this.#attempt(name, () => signatures.set(name, this.#finish(flat, values, constants, options)));
    }
    const callables: Callable[] = [];
    for (const flat of this.#flatCallables) {
      this.#attempt(flat.name, () =>
        callables.push({ ...flat, signature: this.#finish(flat.signature, values, constants, options) }),
      );
    }
    const resources = this.#resources([...signatures.values(), ...callables.map(({ signature }) => signature)], values);
    this.#checkNotAllRefused(signatures.size + callables.length);
    return { signatures, refused: this.#refused, callables: callables.sort(byTraining), resources };
  }

  /** Closes the files that it read from. */
  async close(): Promise<void> {
    const checkpoint = await this.#checkpoint?.catch(() => undefined);
    await checkpoint?.close();
  }

  #finish(
    flat: FlatSignature,
    values: ReadonlyMap<string, Beginning>,
    constants: ReadonlyMap<string, ConstantTensor>,
    options: SimplifyOptions,
  ): ModelSignature {
    for (const key of usedResources(flat.graph)) {
      const value = values.get(key);
      if (value instanceof SavedModelError) throw value;
    }
    return finishSignature(flat, constants, options);
  }

  async #beginning(definition: HandleDefinition, isChanged: boolean): Promise<Beginning> {
    try {
      if (!isVariable(definition)) return await this.#initialValues.table(definition);
      const value = await this.#initialValues.variable(definition);
      if (value !== undefined || isChanged) return value;
      throw new SavedModelError(
        "VARIABLE_MISSING",
        `Nothing gives variable ${definition.name} a value, which TensorFlow could not serve either; export the model again`,
      );
    } catch (error) {
      if (!(error instanceof SavedModelError) || DAMAGED.has(error.reason)) throw error;
      return error;
    }
  }

  #constant(
    key: string,
    value: Beginning,
    changed: ReadonlySet<string>,
  ): readonly (readonly [string, ConstantTensor])[] {
    if (value === undefined || !("kind" in value) || value.kind !== "constant" || changed.has(key)) return [];
    return [[key, value.tensor]];
  }

  #resources(
    signatures: readonly ModelSignature[],
    values: ReadonlyMap<string, Beginning>,
  ): ReadonlyMap<string, Resource> {
    const resources = new Map<string, Resource>();
    const nodes = signatures.flatMap((signature) =>
      [signature, ...signature.functions.values()].flatMap((body) => body.nodes),
    );
    for (const { resource: key } of nodes) {
      const definition = key === undefined ? undefined : this.#handles.get(key);
      if (definition === undefined || resources.has(definition.key)) continue;
      const value = values.get(definition.key);
      resources.set(definition.key, resourceOf(definition, value instanceof SavedModelError ? undefined : value));
    }
    return resources;
  }

  async #variablesOfObjects(): Promise<ReadonlyMap<number, string>> {
    const restored = this.#initialisation.restored();
    if (restored.size === 0) return new Map();
    const checkpoint = await this.#openCheckpoint();
    if (!checkpoint.has(OBJECTS)) return new Map();
    const tensor = await checkpoint.read(OBJECTS);
    const bytes = tensor.dtype === "string" ? tensor.strings[0] : undefined;
    const keys = readCheckpointKeys(WireReader.over(bytes ?? new Uint8Array(0), OBJECTS));
    return new Map(keys.flatMap((key, index) => [[index, restored.get(key ?? "")] as const]).filter(isKnown));
  }

  #openCheckpoint(): Promise<Checkpoint> {
    const { directory, limits, signal } = this.#options;
    this.#checkpoint ??= Checkpoint.open(directory, { maxBytes: limits.maxVariableBytes, signal });
    return this.#checkpoint;
  }

  /** As TensorFlow loads a model: restores it, then initialises it. Hub modules of TensorFlow 1 say of neither how. */
  #initialise(): void {
    const { saver, collections, partitions, signatures } = this.#options.metaGraph;
    this.#initialisation.takePartitions(partitions);
    if (saver !== undefined && saver.restoreOp !== "") this.#initialisation.take(this.#effects([saver.restoreOp]));
    const initialiser = signatures.get("__saved_model_init_op")?.outputs.values() ?? [];
    const roots = [
      collections.get("saved_model_main_op"),
      collections.get("legacy_init_op"),
      [...initialiser].flatMap(({ tensor }) => tensor ?? []),
      collections.get("table_initializer"),
    ].find((nodes) => nodes?.length);
    if (roots !== undefined) this.#initialisation.take(this.#effects(roots));
  }

  #effects(nodes: readonly string[]): FlatGraph {
    const names = nodes.map((node) => node.split(":")[0] as string);
    return this.#inliner().flatten({ feeds: [], outputs: [], controlOutputs: names }).graph;
  }

  #inliner(): Inliner {
    return new Inliner(this.#graph, this.#handles, this.#nodeBudget);
  }

  #isSink(op: string): boolean {
    const definition = this.#graph.definition(op);
    return definition?.isStateful === true && definition.outputs.length === 0;
  }

  #attempt(name: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof SavedModelError)) throw error;
      this.#refused.set(name, error);
    }
  }

  #checkNotAllRefused(count: number): void {
    const [first] = this.#refused;
    if (count > 0 || first === undefined) return;
    const [name, error] = first;
    throw new SavedModelError(error.reason, `No signature can be served; ${name}: ${error.message}`, { cause: error });
  }
}

function isKnown(entry: readonly [number, string | undefined]): entry is readonly [number, string] {
  return entry[1] !== undefined;
}
