import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Backend,
  DEFAULT_SIGNATURE,
  elementCount,
  type FileEntry,
  type LoadedModel,
  type LoadOptions,
  type NamedTensors,
  PlinthError,
  PREDICT_METHOD,
  type RunCall,
  type Signature,
  type VersionFiles,
} from "@plinth/core";

export const MODEL_PATH = "model.linear";

/**
 * A backend that does all that the suite demands: `y = slope * x + offset` and `negative = -y` for vectors of two numbers, and as `steps` the
 * same of `x`, of that `y`, and so on, three times.
 */
export class LinearBackend implements Backend {
  readonly name = "linear";
  readonly readsContents: boolean = true;

  recognizes(files: readonly FileEntry[]): boolean {
    return files.some((file) => file.path === MODEL_PATH);
  }

  async load(files: VersionFiles, { signal }: LoadOptions): Promise<LinearModel> {
    const text = await this.readModel(files, signal);
    const [slope, offset] = text.split(" ").map(Number);
    if (slope === undefined || offset === undefined || Number.isNaN(slope + offset)) {
      throw new PlinthError("MODEL_FILE_INVALID", `Expected two numbers in ${MODEL_PATH}, got ${JSON.stringify(text)}`);
    }
    return this.createModel(slope, offset);
  }

  protected async readModel(files: VersionFiles, signal: AbortSignal): Promise<string> {
    const content = files.contents?.get(MODEL_PATH);
    if (content !== undefined) return Buffer.from(content).toString();
    return readFile(join(files.directory, MODEL_PATH), { encoding: "utf8", signal });
  }

  protected createModel(slope: number, offset: number): LinearModel {
    return new LinearModel(slope, offset);
  }
}

export class LinearModel implements LoadedModel {
  readonly signatures: ReadonlyMap<string, Signature> = linearSignatures();
  protected readonly slope: number;
  protected readonly offset: number;
  protected disposed = false;

  constructor(slope: number, offset: number) {
    this.slope = slope;
    this.offset = offset;
  }

  async run({ inputs, outputs }: RunCall): Promise<NamedTensors> {
    return outputsOf(this.line(inputs), outputs);
  }

  async *stream({ inputs, outputs, signal }: RunCall): AsyncGenerator<NamedTensors, undefined, undefined> {
    let y = this.line(inputs);
    for (let step = 0; step < STEPS && !signal?.aborted; step++) {
      if (step > 0) y = y.map((value) => this.slope * value + this.offset);
      yield outputsOf(y, outputs);
    }
    return undefined;
  }

  protected line(inputs: NamedTensors): Float32Array {
    if (this.disposed) throw new PlinthError("MODEL_RUN_FAILED", "The model was disposed");
    const { shape, values } = inputOf(inputs);
    if (shape.length !== 1 || elementCount(shape) !== 2) {
      throw new PlinthError("INPUT_SHAPE_MISMATCH", `Expected [2], got [${shape}]`);
    }
    return values.map((value) => this.slope * value + this.offset);
  }

  async warmUp(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {
    this.disposed = true;
  }
}

const STEPS = 3;

function outputsOf(y: Float32Array, outputs: readonly string[]): NamedTensors {
  return new Map(
    outputs.map((name) => {
      const data = name === "y" ? y.slice() : y.map((value) => -value);
      return [name, { dtype: "float32", shape: [2], data }] as const;
    }),
  );
}

export function linearSignatures(): ReadonlyMap<string, Signature> {
  return new Map([
    [DEFAULT_SIGNATURE, linearSignature()],
    ["steps", { ...linearSignature(), streams: "only" }],
  ]);
}

export function linearSignature(): Signature {
  const vector = { dtype: "float32", shape: [2] } as const;
  return {
    inputs: new Map([["x", vector]]),
    outputs: new Map([
      ["y", vector],
      ["negative", vector],
    ]),
    method: PREDICT_METHOD,
    shapes: "binding",
  };
}

export function inputOf(inputs: NamedTensors): { readonly shape: readonly number[]; readonly values: Float32Array } {
  const x = inputs.get("x");
  if (x?.dtype !== "float32") throw new PlinthError("MODEL_RUN_FAILED", "Expected x of float32");
  return { shape: x.shape, values: x.data };
}

export function vector(...values: readonly [number, number]): NamedTensors {
  return new Map([["x", { dtype: "float32", shape: [2], data: new Float32Array(values) }]]);
}
