import { type OpDefinition, readGraph, readOpDefinition, type SavedGraph, SavedTensor } from "./graph-message.js";
import { type ObjectGraph, readObjectGraph } from "./object-graph-message.js";
import { readTensorInfo, type TensorInfo } from "./tensor-info-message.js";
import { type PartitionedVariable, readPartitionedVariable } from "./variable-message.js";
import type { WireReader } from "./wire-reader.js";

/** SignatureDef. */
export interface SavedSignature {
  readonly method: string;
  readonly inputs: ReadonlyMap<string, TensorInfo>;
  readonly outputs: ReadonlyMap<string, TensorInfo>;
  readonly defaults: ReadonlyMap<string, SavedTensor>;
}

/** AssetFileDef: the tensor that is to hold the path of a file of `assets/`. */
export interface AssetFile {
  readonly tensor: string;
  readonly filename: string;
}

/** SaverDef, as much as says how to restore. */
export interface Saver {
  readonly filenameTensor: string;
  readonly restoreOp: string;
}

/** MetaGraphDef. */
export interface MetaGraph {
  readonly tags: readonly string[];
  readonly tensorflowVersion: string;
  readonly ops: ReadonlyMap<string, OpDefinition>;
  readonly graph: SavedGraph;
  readonly saver: Saver | undefined;
  readonly signatures: ReadonlyMap<string, SavedSignature>;
  readonly assets: readonly AssetFile[];
  /** Names of nodes by collection. */
  readonly collections: ReadonlyMap<string, readonly string[]>;
  /** Variables of TensorFlow 1 that are parts of others. */
  readonly partitions: readonly PartitionedVariable[];
  readonly objects: ObjectGraph | undefined;
}

/** The tags of each graph of a SavedModel, and its own reader, so that only the one that is wanted is read. */
export function listMetaGraphs(
  reader: WireReader,
): { readonly tags: readonly string[]; readonly reader: WireReader }[] {
  const graphs: { tags: readonly string[]; reader: WireReader }[] = [];
  while (reader.next()) {
    if (reader.field !== 2) reader.skip();
    else {
      const graph = reader.message();
      graphs.push({ tags: readTags(graph.again()), reader: graph });
    }
  }
  return graphs;
}

function readTags(reader: WireReader): readonly string[] {
  const tags: string[] = [];
  while (reader.next()) {
    if (reader.field !== 1) reader.skip();
    else {
      const info = reader.message();
      while (info.next()) {
        if (info.field === 4) tags.push(info.string());
        else info.skip();
      }
    }
  }
  return tags;
}

export function readMetaGraph(reader: WireReader): MetaGraph {
  let info: Info = { tags: [], tensorflowVersion: "", ops: new Map() };
  let graph: SavedGraph = { nodes: [], functions: new Map() };
  let saver: Saver | undefined;
  let objects: ObjectGraph | undefined;
  const signatures = new Map<string, SavedSignature>();
  const collections = new Map<string, Collection>();
  const assets: AssetFile[] = [];
  while (reader.next()) {
    if (reader.field === 1) info = readInfo(reader.message());
    else if (reader.field === 2) graph = readGraph(reader.message());
    else if (reader.field === 3) saver = readSaver(reader.message());
    else if (reader.field === 4)
      collections.set(...reader.entry((entry) => readCollection(entry.message()), noCollection));
    else if (reader.field === 5)
      signatures.set(...reader.entry((entry) => readSignature(entry.message()), noSignature));
    else if (reader.field === 6) assets.push(readAsset(reader.message()));
    else if (reader.field === 7) objects = readObjectGraph(reader.message());
    else reader.skip();
  }
  const nodes = new Map([...collections].map(([name, collection]) => [name, collection.nodes]));
  const older = collections.get("saved_model_assets")?.assets ?? [];
  const partitions = VARIABLE_COLLECTIONS.flatMap((name) => collections.get(name)?.messages ?? []).flatMap(
    (variable) => readPartitionedVariable(variable) ?? [],
  );
  return {
    ...info,
    graph,
    saver,
    signatures,
    collections: nodes,
    partitions,
    assets: assets.length > 0 ? assets : older,
    objects,
  };
}

type Info = Pick<MetaGraph, "tags" | "tensorflowVersion" | "ops">;

function readInfo(reader: WireReader): Info {
  const tags: string[] = [];
  const ops = new Map<string, OpDefinition>();
  let tensorflowVersion = "";
  while (reader.next()) {
    if (reader.field === 2) readOps(reader.message(), ops);
    else if (reader.field === 4) tags.push(reader.string());
    else if (reader.field === 5) tensorflowVersion = reader.string();
    else reader.skip();
  }
  return { tags, tensorflowVersion, ops };
}

function readOps(reader: WireReader, ops: Map<string, OpDefinition>): void {
  while (reader.next()) {
    if (reader.field !== 1) reader.skip();
    else {
      const op = readOpDefinition(reader.message());
      ops.set(op.name, op);
    }
  }
}

function readSaver(reader: WireReader): Saver {
  let filenameTensor = "";
  let restoreOp = "";
  while (reader.next()) {
    if (reader.field === 1) filenameTensor = reader.string();
    else if (reader.field === 3) restoreOp = reader.string();
    else reader.skip();
  }
  return { filenameTensor, restoreOp };
}

/** Where TensorFlow 1 keeps its variables. */
const VARIABLE_COLLECTIONS = ["variables", "trainable_variables"];

/** CollectionDef: names of nodes, messages, or the model's assets where TensorFlow 1 keeps them; other kinds are left out. */
interface Collection {
  readonly nodes: readonly string[];
  /** Not read yet. */
  readonly messages: readonly WireReader[];
  readonly assets: readonly AssetFile[];
}

function readCollection(reader: WireReader): Collection {
  const nodes: string[] = [];
  const messages: WireReader[] = [];
  const assets: AssetFile[] = [];
  while (reader.next()) {
    if (reader.field === 1) eachValue(reader.message(), (value) => nodes.push(value.string()));
    else if (reader.field === 2) eachValue(reader.message(), (value) => messages.push(value.message()));
    else if (reader.field === 5) {
      eachValue(reader.message(), (value) => {
        const asset = readPackedAsset(value.message());
        if (asset !== undefined) assets.push(asset);
      });
    } else reader.skip();
  }
  return { nodes, messages, assets };
}

function eachValue(list: WireReader, read: (value: WireReader) => void): void {
  while (list.next()) {
    if (list.field === 1) read(list);
    else list.skip();
  }
}

/** google.protobuf.Any; `undefined` where it is none of an asset. */
function readPackedAsset(reader: WireReader): AssetFile | undefined {
  let isAsset = false;
  let asset: AssetFile | undefined;
  while (reader.next()) {
    if (reader.field === 1) isAsset = reader.string().endsWith("/tensorflow.AssetFileDef");
    else if (reader.field === 2 && isAsset) asset = readAsset(reader.message());
    else reader.skip();
  }
  return asset;
}

function readSignature(reader: WireReader): SavedSignature {
  const inputs = new Map<string, TensorInfo>();
  const outputs = new Map<string, TensorInfo>();
  const defaults = new Map<string, SavedTensor>();
  let method = "";
  while (reader.next()) {
    if (reader.field === 1) inputs.set(...reader.entry((entry) => readTensorInfo(entry.message()), noTensor));
    else if (reader.field === 2) outputs.set(...reader.entry((entry) => readTensorInfo(entry.message()), noTensor));
    else if (reader.field === 3) method = reader.string();
    else if (reader.field === 4) {
      const [name, tensor] = reader.entry<SavedTensor | undefined>(
        (entry) => new SavedTensor(entry.message()),
        nothing,
      );
      if (tensor !== undefined) defaults.set(name, tensor);
    } else reader.skip();
  }
  return { method, inputs, outputs, defaults };
}

function readAsset(reader: WireReader): AssetFile {
  let tensor = "";
  let filename = "";
  while (reader.next()) {
    if (reader.field === 1) tensor = readTensorInfo(reader.message()).tensor ?? "";
    else if (reader.field === 2) filename = reader.string();
    else reader.skip();
  }
  return { tensor, filename };
}

function noCollection(): Collection {
  return { nodes: [], messages: [], assets: [] };
}

function noSignature(): SavedSignature {
  return { method: "", inputs: new Map(), outputs: new Map(), defaults: new Map() };
}

function noTensor(): TensorInfo {
  return { tensor: "", dataType: 0, shape: [], parts: [] };
}

function nothing(): undefined {
  return undefined;
}
