import {
  engine,
  getKernel,
  getKernelsForBackend,
  type KernelFunc,
  type Tensor,
  type TensorInfo,
  tensor,
  tidy,
} from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { loadEngine } from "../src/engine/load-engine.js";
import { ENGINE } from "./loading.js";

type ElementType = "float32" | "int32" | "bool";
type Inputs = Readonly<Record<string, readonly [ElementType, readonly number[]]>>;

const TYPES: readonly ElementType[] = ["float32", "int32", "bool"];
const UNARY =
  "Abs Acos Acosh Asin Asinh Atan Atanh Ceil Cos Cosh Elu Erf Exp Expm1 Floor IsFinite IsInf IsNan Log Log1p Neg Reciprocal Relu Relu6 Round Rsqrt Selu Sigmoid Sign Sin Sinh Softplus Sqrt Square Tan Tanh ZerosLike OnesLike Identity".split(
    " ",
  );
const BINARY =
  "Add Atan2 Equal FloorDiv Greater GreaterEqual Less LessEqual Maximum Minimum Multiply NotEqual Pow Prelu SquaredDifference Sub".split(
    " ",
  );
const REDUCING = "Max Min Sum Prod Mean".split(" ");

/** Attributes that a kernel needs, beside inputs of 3 by 4. */
const OTHERS: Readonly<Record<string, object>> = {
  ArgMax: { axis: 1 },
  Cumsum: { axis: 1, exclusive: false, reverse: false },
  MirrorPad: {
    paddings: [
      [1, 1],
      [0, 2],
    ],
    mode: "reflect",
  },
  PadV2: {
    paddings: [
      [1, 1],
      [0, 2],
    ],
    constantValue: 0,
  },
  Reverse: { dims: [1] },
  Slice: { begin: [1, 1], size: [2, 2] },
  StridedSlice: {
    begin: [0, 0],
    end: [3, 4],
    strides: [2, 2],
    beginMask: 0,
    endMask: 0,
    ellipsisMask: 0,
    newAxisMask: 0,
    shrinkAxisMask: 0,
  },
  Tile: { reps: [2, 1] },
  TopK: { k: 2, sorted: true },
  Transpose: { perm: [1, 0] },
  ClipByValue: { clipValueMin: -1, clipValueMax: 2 },
};

describe.skipIf(ENGINE !== "wasm")("kernels of WebAssembly behind their guard (skipped on other engines)", () => {
  beforeAll(() => loadEngine("wasm"));

  it("are there for all that the CPU has", () => {
    const names = (backend: string) => getKernelsForBackend(backend).map(({ kernelName }) => kernelName);
    expect(names("wasm")).toEqual(expect.arrayContaining(names("cpu")));
  });

  it.each(TYPES)("give of %s what the CPU gives", (type) => {
    const inputs: Inputs = { x: [type, [3, 4]], a: [type, [3, 4]], b: [type, [4]], alpha: [type, [3, 4]] };
    for (const name of UNARY) compare(name, { x: [type, [3, 4]] }, {});
    for (const name of BINARY) compare(name, inputs, {});
    for (const name of REDUCING) compare(name, { x: [type, [3, 4]] }, { axis: [1], keepDims: false });
    for (const [name, attributes] of Object.entries(OTHERS)) compare(name, { x: [type, [3, 4]] }, attributes);
    for (const dtype of TYPES) compare("Cast", { x: [type, [3, 4]] }, { dtype });
  });

  it("give of nothing what the CPU gives", () => {
    compare("Add", { a: ["float32", [0, 4]], b: ["float32", [4]] }, {});
    compare(
      "BatchMatMul",
      { a: ["float32", [1, 0, 4]], b: ["float32", [1, 4, 2]] },
      { transposeA: false, transposeB: false },
    );
  });

  it("leave nothing behind where they fail", () => {
    const before = engine().memory().numDataBuffers;
    const x = tensor([1, 2], [2], "int32");
    expect(() =>
      tidy(() => engine().runKernel("GatherNd", { params: x, indices: tensor([[9]], [1, 1], "int32") }) as Tensor),
    ).toThrow();
    x.dispose();
    expect(engine().memory().numDataBuffers).toBeLessThanOrEqual(before + 1);
  });

  it("leave what a process does with errors that nobody handles to others", () => {
    const listeners = [...process.listeners("uncaughtException"), ...process.listeners("unhandledRejection")];
    expect(listeners.filter((listener) => /throw (?:ex|reason)/.test(String(listener)))).toEqual([]);
  });
});

function compare(name: string, inputs: Inputs, attributes: object): void {
  const label = `${name} of ${Object.values(inputs).map(([type]) => type)}`;
  tidy(() => {
    const tensors = Object.fromEntries(
      Object.entries(inputs).map(([key, [type, shape]], index) => [key, sample(type, shape, index)]),
    );
    const answers = (
      outcome(() => engine().runKernel(name, tensors, attributes as never)) as Tensor[] | undefined
    )?.map((each) => [each.dtype, each.shape, [...each.dataSync()]]);
    const expected = outcome(() => onCpu(name, tensors, attributes));
    expect(rounded(answers), label).toEqual(rounded(expected));
    return [];
  });
}

function outcome(run: () => unknown): unknown[] | undefined {
  try {
    const result = run();
    return Array.isArray(result) ? result : [result];
  } catch {
    return undefined;
  }
}

function onCpu(name: string, inputs: Readonly<Record<string, Tensor>>, attributes: object): unknown[] {
  const cpu = engine().findBackend("cpu") as unknown as {
    makeTensorInfo(shape: readonly number[], dtype: string, values: unknown): TensorInfo;
    readSync(id: object): Iterable<number>;
  };
  const moved = Object.fromEntries(
    Object.entries(inputs).map(([key, each]) => [key, cpu.makeTensorInfo(each.shape, each.dtype, each.dataSync())]),
  );
  const kernel = (getKernel(name, "cpu") as { kernelFunc: KernelFunc }).kernelFunc;
  const results = [kernel({ inputs: moved, attrs: attributes as never, backend: cpu })].flat();
  return results.map(({ dtype, shape, dataId }) => [dtype, shape, [...cpu.readSync(dataId)]]);
}

function rounded(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value ?? null, (_, each) =>
      typeof each === "number" ? Number(each.toPrecision(4)) + 0 : typeof each === "boolean" ? Number(each) : each,
    ),
  );
}

function sample(type: ElementType, shape: readonly number[], seed: number): Tensor {
  const size = shape.reduce((product, length) => product * length, 1);
  const values = Array.from({ length: size }, (_, index) => ((index * 7 + seed * 3) % 11) - 4.25);
  if (type === "bool")
    return tensor(
      values.map((value) => value > 0),
      [...shape],
      type,
    );
  return tensor(type === "int32" ? values.map(Math.trunc).map((value) => value || 1) : values, [...shape], type);
}
