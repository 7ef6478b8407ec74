import { type AttrValue, GraphDef } from "@plinth/protobuf-messages/tensorflow/graph";
import { SavedModel } from "@plinth/protobuf-messages/tensorflow/saved_model";

type AttributeValue = AttrValue["value"];

/** A node of a graph, as tests write it. */
export interface WrittenNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}

/** Tensors by the names of inputs or outputs, each with TensorFlow's number of its type. */
export type WrittenPorts = Readonly<Record<string, readonly [tensor: string, dataType: number]>>;

export interface WrittenSignature {
  readonly inputs: WrittenPorts;
  readonly outputs: WrittenPorts;
}

export const typed = (value: number): AttributeValue => ({ $case: "type", value: value as 1 });

/** The `saved_model.pb` of one graph. */
export function savedModelFile(
  nodes: readonly WrittenNode[],
  signatures: Readonly<Record<string, WrittenSignature>>,
): Uint8Array {
  const graphDef = GraphDef.fromPartial({
    node: nodes.map(({ attributes = {}, ...node }) => ({
      ...node,
      attr: new Map(Object.entries(attributes).map(([name, value]) => [name, { value }])),
    })),
  } as Parameters<typeof GraphDef.fromPartial>[0]);
  const ports = (written: WrittenPorts) =>
    new Map(
      Object.entries(written).map(([name, [tensor, dtype]]) => [
        name,
        {
          encoding: { $case: "name" as const, value: tensor },
          dtype: dtype as 1,
          tensorShape: { dim: [{ size: -1n }] },
        },
      ]),
    );
  const signatureDef = new Map(
    Object.entries(signatures).map(([name, { inputs, outputs }]) => [
      name,
      { inputs: ports(inputs), outputs: ports(outputs), methodName: "tensorflow/serving/predict" },
    ]),
  );
  const metaGraph = { metaInfoDef: { tags: ["serve"] }, graphDef, signatureDef };
  return SavedModel.encode(
    SavedModel.fromPartial({ savedModelSchemaVersion: 1n, metaGraphs: [metaGraph] } as Parameters<
      typeof SavedModel.fromPartial
    >[0]),
  ).finish();
}
