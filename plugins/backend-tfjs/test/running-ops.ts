import type { DType, Tensor } from "@plinth/core";
import type { Attribute, GraphNode } from "@plinth/saved-model";
import { tidy } from "@tensorflow/tfjs-core";
import { expect } from "vitest";
import { loadEngine } from "../src/engine/load-engine.js";
import { type CompileContext, compileProgram } from "../src/graph/compile-program.js";
import type { Value } from "../src/graph/values.js";
import { fromEngine } from "../src/tensors/from-engine.js";
import { toEngine } from "../src/tensors/to-engine.js";
import { ENGINE } from "./loading.js";

export type Attributes = Readonly<Record<string, Attribute>>;

const NOTHING: CompileContext = {
  constant: () => expect.fail("asks for a constant"),
  resource: () => expect.fail("asks for a resource"),
  function: () => expect.fail("asks for a function"),
};

/** What one op makes of inputs, as a graph of that node alone. */
export async function runOp(
  op: string,
  inputs: readonly Tensor[],
  attributes: Attributes,
  outputs: readonly DType[],
): Promise<readonly Tensor[]> {
  await loadEngine(ENGINE);
  const names = inputs.map((_, index) => `x${index}:0`);
  const node: GraphNode = {
    name: "node",
    op,
    inputs: names,
    controlInputs: [],
    attributes: new Map(Object.entries(attributes)),
  };
  const program = compileProgram(
    { nodes: [node], inputs: names, outputs: outputs.map((_, index) => `node:${index}`) },
    NOTHING,
  );
  return tidy(() => {
    const given = inputs.map((tensor, index) => toEngine(`x${index}`, tensor));
    const values = program.run(given as Value[]);
    return outputs.map((dtype, index) => fromEngine(values[index] as never, dtype)) as never;
  }) as readonly Tensor[];
}

export function float32(values: readonly number[], shape: readonly number[] = [values.length]): Tensor {
  return { dtype: "float32", shape, data: Float32Array.from(values) };
}

export function int32(values: readonly number[], shape: readonly number[] = [values.length]): Tensor {
  return { dtype: "int32", shape, data: Int32Array.from(values) };
}

export function bool(values: readonly number[], shape: readonly number[] = [values.length]): Tensor {
  return { dtype: "bool", shape, data: Uint8Array.from(values) };
}

export function strings(values: readonly string[], shape: readonly number[] = [values.length]): Tensor {
  return { dtype: "string", shape, data: values.map((value) => new TextEncoder().encode(value)) };
}

export const int = (value: number): Attribute => ({ kind: "int", value: BigInt(value) });
export const flag = (value: boolean): Attribute => ({ kind: "bool", value });
export const text = (value: string): Attribute => ({ kind: "bytes", value: new TextEncoder().encode(value) });
export const type = (value: DType): Attribute => ({ kind: "type", value });
export const list = (...value: readonly Attribute[]): Attribute => ({ kind: "list", value });
export const shape = (value: readonly number[]): Attribute => ({ kind: "shape", value });
