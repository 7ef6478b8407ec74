import { setImmediate } from "node:timers/promises";
import { PlinthError } from "@plinth/core";
import type { ConstantTensor, GraphNode, InitialValue, Resource as SavedResource } from "@plinth/saved-model";
import { keep, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { tensorOf } from "../graph/attributes.js";
import { compileProgram } from "../graph/compile-program.js";
import { isTensor, type Resource } from "../graph/values.js";
import { Table } from "../ops/tables.js";
import { Variable } from "../ops/variables.js";
import { engineTypeOf } from "../tensors/element-types.js";
import { constantToEngine } from "../tensors/to-engine.js";
import { SignatureContext } from "./signature-context.js";

/** Constants that are handed to the engine at one go, in bytes; then others get their turn. */
const UPLOAD_BYTES = 16 * 1024 * 1024;

/** What a model's signatures have in common in the engine: constants, variables, tables. */
export class ModelState {
  #saved: ReadonlyMap<string, SavedResource>;
  #constants = new Map<ConstantTensor, Tensor>();
  #owned: readonly Tensor[] = [];
  readonly #resources = new Map<string, Resource>();

  constructor(saved: ReadonlyMap<string, SavedResource>) {
    this.#saved = saved;
  }

  /** Hands the constants of these nodes to the engine, with pauses for others. */
  async upload(nodes: readonly GraphNode[], signal: AbortSignal): Promise<void> {
    let bytes = 0;
    for (const node of nodes) {
      if (node.op !== "Const") continue;
      const constant = tensorOf(node, "value");
      if (constant.dtype !== "string" && !this.#constants.has(constant)) bytes += constant.bytes.length;
      this.constant(constant);
      if (bytes < UPLOAD_BYTES) continue;
      bytes = 0;
      await setImmediate();
      signal.throwIfAborted();
    }
  }

  constant(tensor: ConstantTensor): Tensor {
    const uploaded = this.#constants.get(tensor) ?? keep(constantToEngine(tensor));
    this.#constants.set(tensor, uploaded);
    return uploaded;
  }

  /** @throws PlinthError `MODEL_FILE_INVALID` where the model has none of this key */
  resource(key: string): Resource {
    const known = this.#resources.get(key);
    if (known !== undefined) return known;
    const saved = this.#saved.get(key);
    if (saved === undefined)
      throw new PlinthError("MODEL_FILE_INVALID", `The model has no resource ${JSON.stringify(key)}`);
    const resource = saved.kind === "table" ? this.#openTable(saved) : this.#openVariable(key, saved.initial);
    this.#resources.set(key, resource);
    return resource;
  }

  /** Lets go of the model's files, whose bytes the engine has by now. Called when all signatures are compiled. */
  seal(): void {
    this.#owned = [...this.#constants.values()];
    this.#constants = new Map();
    this.#saved = new Map();
  }

  dispose(): void {
    for (const tensor of [...this.#owned, ...this.#constants.values()]) tensor.dispose();
    this.#owned = [];
    this.#constants.clear();
    for (const resource of this.#resources.values()) if (resource instanceof Variable) resource.dispose();
    this.#resources.clear();
  }

  #openVariable(key: string, initial: InitialValue | undefined): Variable {
    return new Variable(key, initial === undefined ? undefined : this.#initialValue(initial));
  }

  #openTable({ valueType, entries }: Extract<SavedResource, { kind: "table" }>): Table {
    const type = engineTypeOf(valueType);
    if (type === undefined) throw new PlinthError("MODEL_UNSUPPORTED", `A lookup table gives ${valueType}`);
    const table = new Table(type);
    if (entries === undefined) return table;
    tidy(() => table.insert(this.#initialValue(entries.keys), this.#initialValue(entries.values)));
    return table;
  }

  #initialValue(initial: InitialValue): Tensor {
    if (initial.kind === "constant") return constantToEngine(initial.tensor);
    const { graph, tensor } = initial;
    const context = new SignatureContext(this, graph.functions);
    const [value] = tidy(
      () => compileProgram({ nodes: graph.nodes, inputs: [], outputs: [tensor] }, context).run([]) as Tensor[],
    );
    if (isTensor(value)) return value;
    throw new PlinthError("MODEL_FILE_INVALID", `The initial value ${JSON.stringify(tensor)} is no tensor`);
  }
}
