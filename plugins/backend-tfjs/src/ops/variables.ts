import { PlinthError } from "@plinth/core";
import * as tf from "@tensorflow/tfjs-core";
import { intOf } from "../graph/attributes.js";
import type { CompileOp } from "../graph/compile-program.js";
import { Resource } from "../graph/values.js";
import { makeTensor } from "../tensors/to-engine.js";
import { type Ops, plain, resourceAt, runKernel, tensorAt } from "./kernels.js";

/** A variable that runs change; it lives as long as the model. */
export class Variable extends Resource {
  readonly kind = "variable";
  readonly #name: string;
  #value: tf.Tensor | undefined;

  /** @param initial the variable's from now on */
  constructor(name: string, initial: tf.Tensor | undefined) {
    super();
    this.#name = name;
    this.#value = initial === undefined ? undefined : tf.keep(initial);
  }

  get isInitialized(): boolean {
    return this.#value !== undefined;
  }

  /** One more tensor of what it holds, which is the caller's. */
  read(): tf.Tensor {
    if (this.#value !== undefined) return this.#value.clone();
    throw new PlinthError(
      "MODEL_RUN_FAILED",
      `The variable ${JSON.stringify(this.#name)} was never given a value: run the signature that sets it first`,
    );
  }

  assign(value: tf.Tensor): void {
    const before = this.#value;
    this.#value = tf.keep(value.clone());
    before?.dispose();
  }

  dispose(): void {
    this.#value?.dispose();
    this.#value = undefined;
  }
}

type Change = (value: tf.Tensor, by: tf.Tensor) => tf.Tensor;

const CHANGES: Readonly<Record<string, Change>> = {
  "": (_, by) => by,
  Add: (a, b) => runKernel("Add", { a, b }),
  Sub: (a, b) => runKernel("Sub", { a, b }),
};

/** Ops on handles give nothing; those of TensorFlow 1 give the variable as it is then. */
const assignment = (change: Change): CompileOp =>
  plain((inputs) => {
    const variable = resourceAt(inputs, 0, Variable);
    const by = tensorAt(inputs, 1);
    tf.tidy(() => variable.assign(change === CHANGES[""] ? by : change(variable.read(), by)));
    return variable.read();
  });

const gather: CompileOp = (node) => {
  const batchDims = intOf(node, "batch_dims", 0);
  return (inputs) => {
    const indices = tensorAt(inputs, 1);
    return tf.tidy(() =>
      runKernel("GatherV2", { x: resourceAt(inputs, 0, Variable).read(), indices }, { axis: batchDims, batchDims }),
    );
  };
};

/** Ops on variables that something changes; all others have become constants. */
export const VARIABLES: Ops = {
  ...Object.fromEntries(
    Object.entries(CHANGES).flatMap(([name, change]) => [
      [`Assign${name}`, assignment(change)],
      [`Assign${name}VariableOp`, assignment(change)],
    ]),
  ),
  IsVariableInitialized: plain((inputs) => initialized(resourceAt(inputs, 0, Variable))),
  ReadVariableOp: plain((inputs) => resourceAt(inputs, 0, Variable).read()),
  ResourceGather: gather,
  VarHandleOp: (node, context) => {
    const variable = context.resource(node);
    return () => variable;
  },
  VarIsInitializedOp: plain((inputs) => initialized(resourceAt(inputs, 0, Variable))),
  VariableShape: plain((inputs) =>
    tf.tidy(() => {
      const { shape } = resourceAt(inputs, 0, Variable).read();
      return makeTensor(Int32Array.from(shape), [shape.length], "int32");
    }),
  ),
};

function initialized({ isInitialized }: Variable): tf.Tensor {
  return makeTensor(Uint8Array.of(isInitialized ? 1 : 0), [], "bool");
}
