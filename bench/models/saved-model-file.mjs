import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SavedModel } from "@plinth/protobuf-messages/tensorflow/saved_model";
import { writeBundle } from "./bundle-file.mjs";
import { pseudoRandom } from "./pseudo-random.mjs";

const FLOAT = { value: { $case: "type", value: 1 } };

/**
 * Writes a SavedModel of nodes in a row, each of which takes what the one before it gives.
 *
 * @param inVariables whether weights are variables, in files of their own, instead of constants of the graph
 */
export function writeSavedModel(directory, { inputShape, outputShape, steps, inVariables = false }) {
  const random = pseudoRandom(1);
  const variables = new Map();
  const node = [{ name: "x", op: "Placeholder", attr: new Map([["dtype", FLOAT]]) }];
  for (const [index, { op, attributes = {}, weights = [] }] of steps.entries()) {
    const names = weights.map((_, at) => `w${index}_${at}`);
    for (const [at, shape] of weights.entries()) {
      const values = valuesOf(shape, random);
      node.push(...(inVariables ? variable(names[at], shape) : [constant(names[at], shape, values)]));
      if (inVariables) variables.set(names[at], { shape, values });
    }
    const attr = new Map([["T", FLOAT], ...Object.entries(attributes)]);
    node.push({
      name: `n${index}`,
      op,
      input: [index === 0 ? "x" : `n${index - 1}`, ...names.map((name) => (inVariables ? `${name}/read` : name))],
      attr,
    });
  }
  const port = (name, shape) => ({
    encoding: { $case: "name", value: name },
    dtype: 1,
    tensorShape: { dim: shape.map((size) => ({ size: BigInt(size) })) },
  });
  const serving = {
    inputs: new Map([["x", port("x:0", inputShape)]]),
    outputs: new Map([["y", port(`n${steps.length - 1}:0`, outputShape)]]),
    methodName: "tensorflow/serving/predict",
  };
  const graph = {
    metaInfoDef: { tags: ["serve"] },
    graphDef: { node },
    signatureDef: new Map([["serving_default", serving]]),
  };
  mkdirSync(directory, { recursive: true });
  if (inVariables) writeBundle(directory, variables);
  const bytes = SavedModel.encode(
    SavedModel.fromPartial({ savedModelSchemaVersion: 1n, metaGraphs: [graph] }),
  ).finish();
  writeFileSync(join(directory, "saved_model.pb"), bytes);
}

/** A residual-like picture network: twelve convolutions with their biases, means at the end. */
export function writePictureNetwork(directory) {
  const convolution = (strides) => ({
    strides: { value: { $case: "list", value: { i: [1n, strides, strides, 1n] } } },
    padding: { value: { $case: "s", value: Buffer.from("SAME") } },
  });
  const channels = [3, 16, 16, 16, 32, 32, 32, 64, 64, 64, 64, 64, 64];
  const steps = channels.slice(1).flatMap((out, index) => [
    {
      op: "Conv2D",
      attributes: convolution(out > channels[index] && index > 0 ? 2n : 1n),
      weights: [[3, 3, channels[index], out]],
    },
    { op: "BiasAdd", weights: [[out]] },
    { op: "Relu" },
  ]);
  writeSavedModel(directory, { inputShape: [-1, 64, 64, 3], outputShape: [-1, 16, 16, 64], steps });
}

/** 25 products with matrices of 4 MiB, which are variables. */
export function writeLargeNetwork(directory) {
  const steps = Array.from({ length: 25 }, () => ({ op: "MatMul", weights: [[1024, 1024]] }));
  writeSavedModel(directory, { inputShape: [-1, 1024], outputShape: [-1, 1024], steps, inVariables: true });
}

function valuesOf(shape, random) {
  return new Float32Array(shape.reduce((product, length) => product * length, 1)).map(() => (random() - 0.5) / 16);
}

function shapeOf(shape) {
  return { dim: shape.map((size) => ({ size: BigInt(size) })) };
}

function constant(name, shape, values) {
  const value = { dtype: 1, tensorShape: shapeOf(shape), tensorContent: new Uint8Array(values.buffer) };
  return {
    name,
    op: "Const",
    attr: new Map([
      ["dtype", FLOAT],
      ["value", { value: { $case: "tensor", value } }],
    ]),
  };
}

/** Its handle, and what reads it. */
function variable(name, shape) {
  const attr = new Map([
    ["dtype", FLOAT],
    ["shape", { value: { $case: "shape", value: shapeOf(shape) } }],
    ["shared_name", { value: { $case: "s", value: Buffer.from(name) } }],
  ]);
  return [
    { name, op: "VarHandleOp", attr },
    { name: `${name}/read`, op: "ReadVariableOp", input: [name], attr: new Map([["dtype", FLOAT]]) },
  ];
}
