import {
  canAnswer,
  type InferCall,
  type InferResult,
  type ModelServer,
  type ModelStatus,
  type ModelTarget,
  type NamedTensors,
  PlinthError,
  type Readiness,
  type ServableHandle,
  type Signature,
} from "@plinth/core";

/** A signature and what it computes. */
export interface ServedFunction {
  readonly signature: Signature;
  run(inputs: NamedTensors): NamedTensors;
}

export interface ServedModel {
  readonly status: ModelStatus;
  readonly functions: ReadonlyMap<string, ServedFunction>;
}

/** A server whose models are functions; the newest version answers unless another one is asked for. */
export class FunctionsServer implements ModelServer {
  readonly calls: InferCall[] = [];
  readonly refusals: PlinthError[] = [];
  readonly #models: Map<string, ServedModel>;
  readonly #watchers = new Set<() => void>();
  ready: Readiness = { ready: true, reasons: [] };

  constructor(models: readonly ServedModel[]) {
    this.#models = new Map(models.map((model) => [model.status.model, model]));
  }

  /** Has a model be something else, and tells of it. */
  change(model: ServedModel): void {
    this.#models.set(model.status.model, model);
    for (const watcher of this.#watchers) watcher();
  }

  get watcherCount(): number {
    return this.#watchers.size;
  }

  async acquire({ model, version, label }: ModelTarget): Promise<ServableHandle> {
    const served = this.#models.get(model);
    if (served === undefined)
      throw new PlinthError("MODEL_NOT_FOUND", `Servable not found for request: Latest(${model})`);
    const { labels, versions } = served.status;
    const wanted = label === undefined ? version : labels.get(label);
    if (label !== undefined && wanted === undefined) {
      throw new PlinthError("LABEL_NOT_FOUND", `Unrecognized servable version label: ${label}`);
    }
    const answering = versions.find((each) => canAnswer(each) && (wanted === undefined || each.version === wanted));
    if (answering === undefined) {
      throw new PlinthError("VERSION_NOT_FOUND", `Servable not found for request: Specific(${model}, ${wanted})`);
    }
    return {
      model,
      version: answering.version,
      backend: "functions",
      signatures: new Map([...served.functions].map(([name, { signature }]) => [name, signature])),
      signature: (name) => found(served, name).signature,
      admit: () => {},
      infer: (call) => this.#infer(served, answering.version, call),
      stream: () => this.stream(),
      [Symbol.dispose]: () => {},
    };
  }

  overload(): undefined {
    return undefined;
  }

  refused(_target: ModelTarget, error: PlinthError): void {
    this.refusals.push(error);
  }

  infer(): Promise<InferResult> {
    throw new Error("not in these tests");
  }

  stream(): never {
    throw new Error("not in these tests");
  }

  models(): readonly ModelStatus[] {
    return [...this.#models.values()].map(({ status }) => status);
  }

  status(model: string): ModelStatus | undefined {
    return this.#models.get(model)?.status;
  }

  readiness(): Readiness {
    return this.ready;
  }

  watch(changed: () => void): Disposable {
    this.#watchers.add(changed);
    return { [Symbol.dispose]: () => this.#watchers.delete(changed) };
  }

  async #infer(served: ServedModel, version: bigint, call: InferCall): Promise<InferResult> {
    this.calls.push(call);
    const { run } = found(served, call.signature);
    const all = run(call.inputs);
    const names = call.outputs ?? [...all.keys()];
    return {
      outputs: new Map([...all].filter(([name]) => names.includes(name))),
      model: served.status.model,
      version,
      signature: call.signature ?? "serving_default",
      timings: { queueMs: 0, computeMs: 0 },
    };
  }
}

function found({ functions }: ServedModel, name = "serving_default"): ServedFunction {
  const served = functions.get(name);
  if (served !== undefined) return served;
  throw new PlinthError("SIGNATURE_NOT_FOUND", `Serving signature key "${name}" not found.`);
}
