import {
  type AttrValue,
  type FunctionDef,
  GraphDef,
  type NodeDef,
  type OpDef,
} from "@plinth/protobuf-messages/tensorflow/graph";
import { SavedModel as SavedModelProto, type SignatureDef } from "@plinth/protobuf-messages/tensorflow/saved_model";
import { DataType, TensorProto } from "@plinth/protobuf-messages/tensorflow/tensor";
import { type ReadOptions, readSavedModel, type SavedModel, SavedModelError } from "@plinth/saved-model";
import { TemporaryFolder } from "./temporary-folder.js";

type Value = AttrValue["value"];

/** A node, its op, inputs and attributes. */
export function node(name: string, op: string, input: string[] = [], attributes: Record<string, Value> = {}): NodeDef {
  const attr = new Map(Object.entries(attributes).map(([key, value]) => [key, { value }]));
  return { name, op, input, device: "", attr, experimentalDebugInfo: undefined };
}

export function float(...values: number[]): Value {
  return { $case: "tensor", value: tensor(values, values.length === 1 ? [] : [values.length]) };
}

export function tensor(floatVal: number[], shape: number[]): TensorProto {
  const tensorShape = { dim: shape.map((size) => ({ size: BigInt(size), name: "" })), unknownRank: false };
  return TensorProto.fromPartial({ dtype: DataType.DT_FLOAT, floatVal, tensorShape });
}

export function called(name: string): Value {
  return { $case: "func", value: { name, attr: new Map() } };
}

/** A function of float arguments; `returns` and `runs` name tensors and nodes of its body. */
export function func(
  name: string,
  inputs: readonly string[],
  returns: Record<string, string>,
  nodeDef: NodeDef[],
  runs: readonly string[] = [],
): Partial<FunctionDef> {
  const argument = (each: string): Partial<OpDef["inputArg"][number]> => ({ name: each, type: DataType.DT_FLOAT });
  const signature = { name, inputArg: inputs.map(argument), outputArg: Object.keys(returns).map(argument) };
  return {
    signature: signature as OpDef,
    nodeDef,
    ret: new Map(Object.entries(returns)),
    controlRet: new Map(runs.map((each) => [each, each])),
  };
}

export interface WrittenModel {
  readonly nodes: NodeDef[];
  readonly functions?: Partial<FunctionDef>[];
  /** Tensors by the name of the input or output of `serving_default`. */
  readonly inputs?: Record<string, string>;
  readonly outputs?: Record<string, string>;
  readonly restoreOp?: string;
  readonly initialiser?: string;
  readonly assets?: readonly { tensor: string; filename: string }[];
  /** Of an input named as it. */
  readonly defaults?: Record<string, TensorProto>;
}

export function saved(model: WrittenModel): Uint8Array {
  const info = (entries: Record<string, string> = {}): SignatureDef["inputs"] =>
    new Map(
      Object.entries(entries).map(([name, value]) => [
        name,
        { encoding: { $case: "name", value }, dtype: DataType.DT_FLOAT, tensorShape: { dim: [], unknownRank: true } },
      ]),
    );
  const signature = {
    inputs: info(model.inputs),
    outputs: info(model.outputs),
    methodName: "tensorflow/serving/predict",
    defaults: new Map(Object.entries(model.defaults ?? {})),
  };
  const graphDef = GraphDef.fromPartial({ node: model.nodes, library: { function: model.functions ?? [] } });
  const collectionDef = new Map(
    model.initialiser === undefined
      ? []
      : [["saved_model_main_op", { kind: { $case: "nodeList" as const, value: { value: [model.initialiser] } } }]],
  );
  return SavedModelProto.encode(
    SavedModelProto.fromPartial({
      savedModelSchemaVersion: 1n,
      metaGraphs: [
        {
          metaInfoDef: { tags: ["serve"] },
          graphDef,
          signatureDef: new Map([["serving_default", signature]]),
          saverDef: model.restoreOp === undefined ? undefined : { restoreOpName: model.restoreOp },
          collectionDef,
          assetFileDef: (model.assets ?? []).map(({ tensor: value, filename }) => ({
            filename,
            tensorInfo: { encoding: { $case: "name", value } },
          })),
        },
      ],
    } as Parameters<typeof SavedModelProto.fromPartial>[0]),
  ).finish();
}

/** Reads a model that is nothing but its graph, and files beside it. */
export async function readWritten(
  model: WrittenModel | Uint8Array,
  options: ReadOptions = {},
  files: Record<string, Uint8Array> = {},
): Promise<SavedModel> {
  await using folder = await TemporaryFolder.create({
    "saved_model.pb": model instanceof Uint8Array ? model : saved(model),
    ...files,
  });
  return await readSavedModel(folder.path, options);
}

/** Why a model is refused. */
export async function refusalOf(
  model: WrittenModel | Uint8Array,
  options: ReadOptions = {},
  files: Record<string, Uint8Array> = {},
): Promise<SavedModelError> {
  try {
    await readWritten(model, options, files);
  } catch (error) {
    if (error instanceof SavedModelError) return error;
    throw error;
  }
  throw new Error("it was read");
}
