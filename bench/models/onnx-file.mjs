import onnxProto from "onnx-proto";
import { pseudoRandom } from "./pseudo-random.mjs";

const { AttributeProto, ModelProto, TensorProto } = onnxProto.onnx;
const { FLOAT, INT64 } = TensorProto.DataType;

const OPSET = 13;
const IR_VERSION = 7;

/** Random weights are drawn once for this many numbers and then repeated, so that a file of 200 MB is made in a blink. */
const DRAWN = 1 << 16;

/**
 * Bytes of an ONNX file with one float32 input and one float32 output, made of layers that are each given the name of what comes
 * before them and add nodes and weights to the graph.
 */
export function onnxFile({ input, output, layers, seed = 1 }) {
  const graph = new Graph(seed);
  const last = layers.reduce((name, layer) => layer(graph, name), input.name);
  graph.node("Identity", [last], { output: output.name });
  return ModelProto.encode({
    irVersion: IR_VERSION,
    opsetImport: [{ domain: "", version: OPSET }],
    producerName: "plinth-bench",
    graph: {
      name: "graph",
      node: graph.nodes,
      initializer: graph.initializers,
      input: [floatPort(input)],
      output: [floatPort(output)],
    },
  }).finish();
}

class Graph {
  nodes = [];
  initializers = [];
  #random;

  constructor(seed) {
    this.#random = pseudoRandom(seed);
  }

  /** Adds a node of one output and gives back that output's name. */
  node(opType, inputs, { output = `${opType}_${this.nodes.length}`, attributes = {} } = {}) {
    const attribute = Object.entries(attributes).map(([name, value]) => toAttribute(name, value));
    this.nodes.push({ opType, input: inputs, output: [output], attribute });
    return output;
  }

  /** Adds random weights around 0, small enough that sums of `fanIn` of them stay around 1, and gives back their name. */
  weights(dims, fanIn) {
    const scale = 2 * Math.sqrt(3 / fanIn);
    const count = dims.reduce((product, length) => product * length, 1);
    const values = new Float32Array(count);
    const drawn = Math.min(count, DRAWN);
    for (let index = 0; index < drawn; index++) values[index] = (this.#random() - 0.5) * scale;
    for (let filled = drawn; filled < count; filled *= 2)
      values.copyWithin(filled, 0, Math.min(filled, count - filled));
    return this.#initializer({ dims, dataType: FLOAT, rawData: new Uint8Array(values.buffer) });
  }

  integers(values) {
    return this.#initializer({ dims: [values.length], dataType: INT64, int64Data: values });
  }

  #initializer(tensor) {
    const name = `weights_${this.initializers.length}`;
    this.initializers.push({ name, ...tensor });
    return name;
  }
}

function toAttribute(name, value) {
  const { INT, INTS } = AttributeProto.AttributeType;
  return Array.isArray(value) ? { name, type: INTS, ints: value } : { name, type: INT, i: value };
}

/** A dimension is a number, or a name for any length. */
function floatPort({ name, shape }) {
  const dim = shape.map((each) => (typeof each === "number" ? { dimValue: each } : { dimParam: each }));
  return { name, type: { tensorType: { elemType: FLOAT, shape: { dim } } } };
}
