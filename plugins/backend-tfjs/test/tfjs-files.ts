import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type io, tensor } from "@tensorflow/tfjs-core";
import * as layers from "@tensorflow/tfjs-layers";
import { loadEngine } from "../src/engine/load-engine.js";
import { ENGINE } from "./loading.js";

/** A folder for models that a test writes. */
export class ModelFolder implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(): Promise<ModelFolder> {
    return new ModelFolder(await mkdtemp(join(tmpdir(), "plinth-tfjs-")));
  }

  /** Writes files below a folder of this name, whose path it gives. */
  async write(name: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
    for (const [path, content] of Object.entries(files)) {
      const target = join(this.path, name, path);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, content);
    }
    return join(this.path, name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

export interface Weight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly values: Float32Array | Int32Array | Uint8Array | Uint16Array;
  readonly quantization?: object;
}

export interface GraphParts {
  readonly node: readonly object[];
  readonly library?: object;
  readonly signature?: object;
  readonly weights?: readonly Weight[];
  readonly others?: object;
}

/** A graph model's files as TensorFlow.js's converter writes them. */
export function graphModelFiles({
  node,
  library,
  signature,
  weights = [],
  others,
}: GraphParts): Record<string, string | Uint8Array> {
  const bytes = weights.map(({ values }) => Buffer.from(values.buffer, values.byteOffset, values.byteLength));
  const manifest = weights.map(({ values: _, ...entry }) => entry);
  return {
    "model.json": JSON.stringify({
      format: "graph-model",
      modelTopology: { node, library, versions: { producer: 1 } },
      signature,
      weightsManifest: weights.length === 0 ? [] : [{ paths: ["group1-shard1of1.bin"], weights: manifest }],
      ...others,
    }),
    ...(weights.length > 0 && { "group1-shard1of1.bin": Buffer.concat(bytes) }),
  };
}

export function port(name: string, dtype = "DT_FLOAT", shape: readonly number[] = [-1]): object {
  return { name, dtype, tensorShape: { dim: shape.map((size) => ({ size: String(size) })) } };
}

export function placeholder(name: string, dtype = "DT_FLOAT"): object {
  return { name, op: "Placeholder", attr: { dtype: { type: dtype } } };
}

export function constant(name: string, dtype = "DT_FLOAT"): object {
  return { name, op: "Const", attr: { dtype: { type: dtype } } };
}

/** `y = sigmoid(x W + b)` of layers, as TensorFlow.js saves them. */
export async function layersModelFiles(): Promise<Record<string, string | Uint8Array>> {
  await loadEngine(ENGINE);
  const model = layers.sequential({
    layers: [layers.layers.dense({ units: 1, inputShape: [2], activation: "sigmoid", name: "dense" })],
  });
  model.setWeights([tensor([1, -1], [2, 1]), tensor([0.5])]);
  let saved: io.ModelArtifacts | undefined;
  await model.save({
    save: async (artifacts) => {
      saved = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: "JSON" } };
    },
  });
  model.dispose();
  const { modelTopology, weightSpecs, weightData } = saved as io.ModelArtifacts;
  return {
    "model.json": JSON.stringify({
      format: "layers-model",
      modelTopology,
      weightsManifest: [{ paths: ["weights.bin"], weights: weightSpecs }],
    }),
    "weights.bin": new Uint8Array(weightData as ArrayBuffer),
  };
}
