import { onnxFile } from "./onnx-file.mjs";

const SIDE = 28;

/** The digits' own form, so that one request fits the tiny model, the medium, the heavy and the wide one. */
const ROW = { input: { name: "image", shape: ["batch", SIDE * SIDE] }, output: { name: "y", shape: ["batch", 10] } };

/** Bytes of ONNX files, made when they are called for. */
export const NETWORKS = {
  /** One operator that does nothing. */
  oneOperator: () => onnxFile({ input: ROW.input, output: { name: "y", shape: ROW.input.shape }, layers: [] }),

  /** Convolutions of 5 to 10 ms on one core. */
  medium: () => onnxFile({ ...ROW, layers: convolutions({ channels: 64, depth: 8 }) }),

  /** Convolutions of 50 to 80 ms. */
  heavy: () => onnxFile({ ...ROW, layers: convolutions({ channels: 128, depth: 20 }) }),

  /** 80 MB of weights, which a run reads once whatever the batch: what batching is for. */
  wide: () => onnxFile({ ...ROW, layers: perceptron([SIDE * SIDE, 4096, 4096, 10]) }),

  /** 200 MB of weights: takes its time to load. */
  large: () => onnxFile({ ...ROW, layers: perceptron([SIDE * SIDE, 6688, 6688, 10]) }),

  /** Takes a picture of 224x224x3 and does next to nothing with it: each channel's mean. */
  picture: () =>
    onnxFile({
      input: { name: "image", shape: ["batch", 224, 224, 3] },
      output: { name: "y", shape: ["batch", 3] },
      layers: [(graph, name) => graph.node("ReduceMean", [name], { attributes: { axes: [1, 2], keepdims: 0 } })],
    }),
};

function perceptron(widths) {
  return widths.slice(1).flatMap((width, index) => {
    const isLast = index === widths.length - 2;
    return isLast ? [dense(widths[index], width)] : [dense(widths[index], width), relu];
  });
}

function convolutions({ channels, depth }) {
  const between = Array.from({ length: depth }, () => [convolution(channels, channels), relu]).flat();
  return [toPixels, convolution(1, channels), relu, ...between, pooled, dense(channels, 10)];
}

const relu = (graph, name) => graph.node("Relu", [name]);

const toPixels = (graph, name) => graph.node("Reshape", [name, graph.integers([-1, 1, SIDE, SIDE])]);

const pooled = (graph, name) => graph.node("Flatten", [graph.node("GlobalAveragePool", [name])]);

const dense = (from, to) => (graph, name) => graph.node("MatMul", [name, graph.weights([from, to], from)]);

const convolution = (from, to) => (graph, name) =>
  graph.node("Conv", [name, graph.weights([to, from, 3, 3], from * 9)], { attributes: { pads: [1, 1, 1, 1] } });
