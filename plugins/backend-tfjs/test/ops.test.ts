import type { DType, Tensor } from "@plinth/core";
import { Example } from "@plinth/protobuf-messages/tensorflow/example";
import { describe, expect, it } from "vitest";
import { ENGINE } from "./loading.js";
import {
  type Attributes,
  bool,
  flag,
  float32,
  int,
  int32,
  list,
  runOp,
  shape,
  strings,
  text,
  type,
} from "./running-ops.js";

type Case = readonly [op: string, inputs: readonly Tensor[], attributes: Attributes, expected: readonly Tensor[]];

/** What TensorFlow itself, or tfjs-node's kernels, do not compute; in a session of TensorFlow's the latter is there. */
const NOT_NATIVE: ReadonlySet<string> = new Set(["Maximum", "StringToHashBucketFast"]);

async function expectOp([op, inputs, attributes, expected]: Case): Promise<void> {
  if (ENGINE === "native" && NOT_NATIVE.has(op)) return;
  const answers = await runOp(
    op,
    inputs,
    attributes,
    expected.map(({ dtype }) => dtype as DType),
  );
  for (const [index, tensor] of expected.entries()) {
    const answer = answers[index];
    expect(answer?.shape).toEqual(tensor.shape);
    if (tensor.dtype !== "float32") expect(answer?.data).toEqual(tensor.data);
    else for (const [at, value] of [...tensor.data].entries()) expect(answer?.data[at]).toBeCloseTo(value, 5);
  }
}

const MATRIX = float32([1, 2, 3, 4, 5, 6], [2, 3]);

describe("ops on numbers", () => {
  it.each<Case>([
    ["Cast", [float32([-1.7, 2.9])], { SrcT: type("float32"), DstT: type("int32") }, [int32([-1, 2])]],
    ["Cast", [int32([300, -1])], { SrcT: type("int32"), DstT: type("uint8") }, [int32([44, 255])]],
    ["Cast", [int32([0, 7])], { SrcT: type("int32"), DstT: type("bool") }, [bool([0, 1])]],
    ["Div", [int32([7, -7]), int32([2, 2])], { T: type("int32") }, [int32([3, -3])]],
    ["FloorDiv", [int32([7, -7]), int32([2, 2])], {}, [int32([3, -4])]],
    ["FloorMod", [int32([7, -7]), int32([3, 3])], {}, [int32([1, 2])]],
    ["Sqrt", [float32([4, 9])], {}, [float32([2, 3])]],
    ["Erfc", [float32([0, 0.5, -1])], {}, [float32([1, 0.4795001, 1.8427008])]],
    ["DivNoNan", [float32([1, 2]), float32([0, 4])], {}, [float32([0, 0.5])]],
    ["Xlogy", [float32([0, 1]), float32([0, Math.E])], {}, [float32([0, 1])]],
    ["Maximum", [bool([0, 1]), bool([1, 0])], {}, [bool([1, 1])]],
    ["SelectV2", [bool([1, 0]), float32([1, 2]), float32([9], [1])], {}, [float32([1, 9])]],
    ["Select", [bool([1, 0]), MATRIX, float32([0, 0, 0, 0, 0, 0], [2, 3])], {}, [float32([1, 2, 3, 0, 0, 0], [2, 3])]],
    ["BiasAdd", [MATRIX, float32([10, 20, 30])], {}, [float32([11, 22, 33, 14, 25, 36], [2, 3])]],
    ["ClipByValue", [int32([-5, 0, 5]), int32([-1], []), int32([2], [])], {}, [int32([-1, 0, 2])]],
    ["Sum", [MATRIX, int32([1])], { keep_dims: flag(true) }, [float32([6, 15], [2, 1])]],
    ["Mean", [int32([1, 2, 4]), int32([0])], {}, [int32([2], [])]],
    ["All", [bool([1, 0, 1]), int32([0])], {}, [bool([0], [])]],
    ["ArgMax", [MATRIX, int32([1], [])], {}, [int32([2, 2])]],
    ["MatMul", [MATRIX, MATRIX], { transpose_b: flag(true) }, [float32([14, 32, 32, 77], [2, 2])]],
    ["BatchMatMulV2", [int32([1, 2], [1, 1, 2]), int32([3, 4], [1, 2, 1])], {}, [int32([11], [1, 1, 1])]],
    ["TopKV2", [float32([3, 1, 2]), int32([2], [])], {}, [float32([3, 2]), int32([0, 2])]],
    ["UnsortedSegmentSum", [MATRIX, int32([1, 1]), int32([2], [])], {}, [float32([0, 0, 0, 5, 7, 9], [2, 3])]],
    ["SegmentMean", [MATRIX, int32([0, 0])], {}, [float32([2.5, 3.5, 4.5], [1, 3])]],
    [
      "DepthToSpace",
      [float32([1, 2, 3, 4], [1, 1, 1, 4])],
      { block_size: int(2), data_format: text("NHWC") },
      [float32([1, 2, 3, 4], [1, 2, 2, 1])],
    ],
    [
      "SpaceToDepth",
      [float32([1, 2, 3, 4], [1, 2, 2, 1])],
      { block_size: int(2) },
      [float32([1, 2, 3, 4], [1, 1, 1, 4])],
    ],
  ])("%s", async (...each) => expectOp(each));
});

describe("einsum", () => {
  it.each<[string, readonly Tensor[], Tensor]>([
    ["ij,jk->ik", [MATRIX, float32([1, 0, 0, 1, 1, 1], [3, 2])], float32([4, 5, 10, 11], [2, 2])],
    ["ij->ji", [MATRIX], float32([1, 4, 2, 5, 3, 6], [3, 2])],
    ["ij->i", [MATRIX], float32([6, 15])],
    ["...i,ij->...j", [float32([1, 2], [1, 1, 2]), float32([1, 2, 3, 4], [2, 2])], float32([7, 10], [1, 1, 2])],
    ["abc,cd->abd", [float32([1, 2], [1, 1, 2]), float32([1, 2, 3, 4], [2, 2])], float32([7, 10], [1, 1, 2])],
    ["bhd,bkd->bhk", [float32([1, 2], [1, 1, 2]), float32([3, 4, 5, 6], [1, 2, 2])], float32([11, 17], [1, 1, 2])],
    ["i,j->ij", [float32([1, 2]), float32([3, 4])], float32([3, 4, 6, 8], [2, 2])],
  ])("%s", async (equation, inputs, expected) =>
    expectOp(["Einsum", inputs, { equation: text(equation) }, [expected]]),
  );
});

describe("ops on shapes", () => {
  it.each<Case>([
    ["Reshape", [MATRIX, int32([3, -1])], {}, [float32([1, 2, 3, 4, 5, 6], [3, 2])]],
    [
      "StridedSlice",
      [int32([1, 2, 3, 4]), int32([0]), int32([0]), int32([-2])],
      { begin_mask: int(1), end_mask: int(1) },
      [int32([4, 2])],
    ],
    [
      "StridedSlice",
      [MATRIX, int32([0, 1]), int32([0, 2]), int32([1, 1])],
      { end_mask: int(1), begin_mask: int(1), shrink_axis_mask: int(2) },
      [float32([2, 5])],
    ],
    ["GatherV2", [strings(["a", "b", "c"]), int32([2, 0]), int32([0], [])], {}, [strings(["c", "a"])]],
    [
      "GatherV2",
      [float32([1, 2, 3, 4], [2, 2]), int32([1, 0], [2, 1]), int32([1], [])],
      { batch_dims: int(1) },
      [float32([2, 3], [2, 1])],
    ],
    ["ConcatV2", [strings(["a"]), strings(["b"]), int32([0], [])], {}, [strings(["a", "b"])]],
    ["Pack", [int32([1], []), int32([2], [])], {}, [int32([1, 2])]],
    ["Unpack", [int32([1, 2])], {}, [int32([1], []), int32([2], [])]],
    ["SplitV", [int32([1, 2, 3]), int32([1, -1]), int32([0], [])], {}, [int32([1]), int32([2, 3])]],
    [
      "OneHot",
      [int32([1, 5]), int32([3], []), float32([1], []), float32([0], [])],
      { axis: int(-1), T: type("float32") },
      [float32([0, 1, 0, 0, 0, 0], [2, 3])],
    ],
    ["Where", [bool([0, 1, 1, 0], [2, 2])], {}, [int32([0, 1, 1, 0], [2, 2])]],
    ["Fill", [int32([2]), { ...strings(["z"]), shape: [] }], {}, [strings(["z", "z"])]],
    ["Range", [int32([1], []), int32([6], []), int32([2], [])], {}, [int32([1, 3, 5])]],
    ["Tile", [bool([1, 0]), int32([2])], {}, [bool([1, 0, 1, 0])]],
    ["MirrorPad", [int32([1, 2, 3]), int32([1, 1], [1, 2])], { mode: text("REFLECT") }, [int32([2, 1, 2, 3, 2])]],
    ["BroadcastTo", [int32([1, 2]), int32([2, 2])], {}, [int32([1, 2, 1, 2], [2, 2])]],
    ["Transpose", [strings(["a", "b"], [1, 2]), int32([1, 0])], {}, [strings(["a", "b"], [2, 1])]],
    [
      "DynamicPartition",
      [float32([1, 2, 3]), int32([0, 1, 0])],
      { num_partitions: int(2) },
      [float32([1, 3]), float32([2])],
    ],
    ["DynamicStitch", [int32([0, 2]), int32([1]), float32([1, 3]), float32([2])], {}, [float32([1, 2, 3])]],
  ])("%s", async (...each) => expectOp(each));

  it.each<[string, readonly Tensor[], Attributes]>([
    ["Fill", [int32([1 << 30, 4]), float32([1], [])], {}],
    ["Range", [int32([0], []), int32([2 ** 31 - 1], []), int32([1], [])], {}],
    ["OneHot", [int32([1]), int32([2 ** 31 - 1], []), float32([1], []), float32([0], [])], { T: type("float32") }],
    ["BroadcastTo", [float32([1]), int32([1 << 20, 1 << 20])], {}],
    ["ResizeBicubic", [float32([1], [1, 1, 1, 1]), int32([1 << 30, 1 << 30])], {}],
    [
      "ScaleAndTranslate",
      [float32([1], [1, 1, 1, 1]), int32([1 << 30, 2]), float32([1, 1]), float32([0, 0])],
      { kernel_type: text("triangle") },
    ],
  ])("%s makes no more than memory holds", async (op, inputs, attributes) => {
    await expect(runOp(op, inputs, attributes, ["float32"])).rejects.toMatchObject({ reason: "TENSOR_INVALID" });
  });
});

describe("values that an op does not take", () => {
  const binary: Tensor = { dtype: "string", shape: [1], data: [Uint8Array.of(1, 2, 3)] };
  it.each<[string, readonly Tensor[], Attributes, DType]>([
    ["GatherV2", [float32([1, 2]), int32([7]), int32([0], [])], {}, "float32"],
    ["GatherNd", [float32([1, 2]), int32([7], [1, 1])], {}, "float32"],
    ["StringToNumber", [strings(["abc"])], { out_type: type("float32") }, "float32"],
    ["DecodeBase64", [strings(["?!"])], {}, "string"],
    ["DecodeRaw", [binary], { out_type: type("float32") }, "float32"],
    ["DecodeJpeg", [{ ...binary, shape: [] }], {}, "uint8"],
    ["Assert", [bool([0], []), strings(["no"])], {}, "float32"],
  ])("are the client's mistake: %s", async (op, inputs, attributes, dtype) => {
    await expect(runOp(op, inputs, attributes, [dtype])).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(op),
    });
  });
});

describe("ops on strings", () => {
  const PUNCTUATION = "[!\"#$%&()\\*\\+,-\\./:;<=>?@\\[\\\\\\]^_`{|}~\\']";
  it.each<Case>([
    ["StringLower", [strings(["AbÉ"])], { encoding: text("") }, [strings(["abÉ"])]],
    ["StringLower", [strings(["AbÉ"])], { encoding: text("utf-8") }, [strings(["abé"])]],
    [
      "StaticRegexReplace",
      [strings(["it's [here], you!"])],
      { pattern: text(PUNCTUATION), rewrite: text("") },
      [strings(["its here you"])],
    ],
    [
      "StaticRegexReplace",
      [strings(["2024-05"])],
      { pattern: text("(\\d+)-(\\d+)"), rewrite: text("\\2/\\1$") },
      [strings(["05/2024$"])],
    ],
    [
      "StaticRegexReplace",
      [strings(["a b  c"])],
      { pattern: text("[[:space:]]+"), rewrite: text("_"), replace_global: flag(false) },
      [strings(["a_b  c"])],
    ],
    ["RegexFullMatch", [strings(["ab1", "ab"]), { ...strings(["[a-z]+"]), shape: [] }], {}, [bool([0, 1])]],
    [
      "StringJoin",
      [strings(["a", "b"]), { ...strings(["x"]), shape: [] }],
      { separator: text("-") },
      [strings(["a-x", "b-x"])],
    ],
    ["StringLength", [strings(["é", "abc"])], { unit: text("UTF8_CHAR") }, [int32([1, 3])]],
    ["StringLength", [strings(["é", "abc"])], {}, [int32([2, 3])]],
    ["Substr", [strings(["hello"]), int32([-3], []), int32([2], [])], {}, [strings(["ll"])]],
    [
      "AddV2",
      [strings(["a", "b"], [2, 1]), strings(["x", "y"])],
      { T: type("string") },
      [strings(["ax", "ay", "bx", "by"], [2, 2])],
    ],
    ["StringStrip", [strings(["  a b \n"])], {}, [strings(["a b"])]],
    [
      "ReduceJoin",
      [strings(["a", "b", "c", "d"], [2, 2]), int32([1])],
      { separator: text(" ") },
      [strings(["a b", "c d"])],
    ],
    ["AsString", [int32([1, -2])], { T: type("int32") }, [strings(["1", "-2"])]],
    ["StringToNumber", [strings(["1.5", "-2"])], { out_type: type("float32") }, [float32([1.5, -2])]],
    ["StringToHashBucketFast", [strings(["hello", "world"])], { num_buckets: int(1000) }, [int32([296, 598])]],
    [
      "StringSplitV2",
      [strings(["a  b", ""]), { ...strings([""]), shape: [] }],
      {},
      [int32([0, 0, 0, 1], [2, 2]), strings(["a", "b"]), int32([2, 2])],
    ],
    [
      "StringSplit",
      [strings(["a,b;c"]), { ...strings([",;"]), shape: [] }],
      {},
      [int32([0, 0, 0, 1, 0, 2], [3, 2]), strings(["a", "b", "c"]), int32([1, 3])],
    ],
    ["UnicodeDecode", [strings(["é1", ""])], {}, [int32([0, 2, 2]), int32([233, 49])]],
    [
      "DecodeRaw",
      [{ dtype: "string", shape: [1], data: [new Uint8Array(Float32Array.of(1, 2).buffer)] }],
      { out_type: type("float32") },
      [float32([1, 2], [1, 2])],
    ],
    ["EncodeBase64", [strings(["a?>"])], {}, [strings(["YT8-"])]],
    ["DecodeBase64", [strings(["YT8-"])], {}, [strings(["a?>"])]],
    [
      "StringFormat",
      [int32([1, 2, 3, 4, 5, 6, 7]), float32([0.1, 1 / 3, 3, 4], [2, 1, 2]), strings(["a"])],
      { template: text("x {} y {} z {}."), placeholder: text("{}"), summarize: int(3) },
      [{ ...strings(['x [1 2 3 ... 5 6 7] y [[[0.1 0.333333343]]\n\n [[3 4]]] z ["a"].']), shape: [] }],
    ],
    ["Equal", [strings(["a", "b"]), strings(["a", "c"])], {}, [bool([1, 0])]],
  ])("%s", async (...each) => expectOp(each));
});

describe("strings that are no UTF-8", () => {
  const raw = (values: readonly number[], shape: readonly number[]): Tensor => ({
    dtype: "string",
    shape,
    data: values.map((value) => Uint8Array.of(0xff, value)),
  });
  const two = raw([1, 2], [2]);
  const matrix = raw([1, 2, 3, 4], [2, 2]);
  const empty: Tensor = { ...strings([""]), shape: [] };
  it.each<Case>([
    ["BroadcastTo", [two, int32([2, 2])], {}, [raw([1, 2, 1, 2], [2, 2])]],
    ["ConcatV2", [two, two, int32([0], [])], {}, [raw([1, 2, 1, 2], [4])]],
    ["GatherNd", [matrix, int32([1, 0], [1, 2])], {}, [raw([3], [1])]],
    ["GatherV2", [two, int32([1, 1]), int32([0], [])], {}, [raw([2, 2], [2])]],
    ["Pack", [two, two], {}, [raw([1, 2, 1, 2], [2, 2])]],
    [
      "PadV2",
      [two, int32([1, 0], [1, 2]), empty],
      {},
      [{ dtype: "string", shape: [3], data: [new Uint8Array(), ...(two.data as Uint8Array[])] }],
    ],
    ["ReverseV2", [two, int32([0])], {}, [raw([2, 1], [2])]],
    ["Reshape", [two, int32([2, 1])], {}, [raw([1, 2], [2, 1])]],
    ["Select", [bool([1, 0]), two, raw([7, 8], [2])], {}, [raw([1, 8], [2])]],
    ["SelectV2", [bool([1, 0]), two, raw([7, 8], [2])], {}, [raw([1, 8], [2])]],
    ["Slice", [two, int32([1]), int32([1])], {}, [raw([2], [1])]],
    ["SplitV", [two, int32([1, 1]), int32([0], [])], {}, [raw([1], [1]), raw([2], [1])]],
    ["StridedSlice", [two, int32([0]), int32([2]), int32([1])], {}, [two]],
    ["Tile", [two, int32([2])], {}, [raw([1, 2, 1, 2], [4])]],
    ["Transpose", [matrix, int32([1, 0])], {}, [raw([1, 3, 2, 4], [2, 2])]],
    ["Unique", [raw([1, 2, 1], [3])], {}, [two, int32([0, 1, 0])]],
    ["Unpack", [matrix], {}, [two, raw([3, 4], [2])]],
  ])("pass through %s as they are", async (op, inputs, _, expected) =>
    expectOp([op, inputs, { T: type("string"), Tparams: type("string") }, expected]),
  );
});

describe("rows of several lengths", () => {
  const types = (...names: readonly string[]) => ({ row_partition_types: list(...names.map(text)) });
  it.each<Case>([
    [
      "RaggedTensorToTensor",
      [int32([-1, -1]), strings(["a", "b", "c"]), { ...strings([""]), shape: [] }, int32([0, 2, 2, 3])],
      types("ROW_SPLITS"),
      [strings(["a", "b", "", "", "c", ""], [3, 2])],
    ],
    [
      "RaggedTensorToTensor",
      [int32([-1, 1]), int32([1, 2, 3]), int32([0], []), int32([3], []), int32([0, 0, 2])],
      types("FIRST_DIM_SIZE", "VALUE_ROWIDS"),
      [int32([1, 0, 3], [3, 1])],
    ],
    [
      "SparseToDense",
      [int32([0, 1, 1, 0], [2, 2]), int32([2, 2]), strings(["x", "y"]), { ...strings(["-"]), shape: [] }],
      {},
      [strings(["-", "x", "y", "-"], [2, 2])],
    ],
  ])("%s", async (...each) => expectOp(each));
});

describe("examples", () => {
  const feature = (value: readonly number[]) => ({
    kind: { $case: "floatList" as const, value: { value: [...value] } },
  });
  const example = (features: Readonly<Record<string, readonly number[]>>) =>
    Example.encode({
      features: { feature: new Map(Object.entries(features).map(([name, value]) => [name, feature(value)])) },
    }).finish();
  const parse = (examples: readonly Uint8Array[], fallback: Tensor) =>
    runOp(
      "ParseExampleV2",
      [
        { dtype: "string", shape: [examples.length], data: examples },
        strings([]),
        strings(["s"]),
        strings(["x"]),
        strings([]),
        fallback,
      ],
      {
        Tdense: list(type("float32")),
        dense_shapes: list(shape([2])),
        sparse_types: list(type("float32")),
        num_sparse: int(1),
      },
      ["int32", "float32", "int32", "float32"],
    );

  it("are parsed into dense and sparse features", async () => {
    const answer = await parse([example({ x: [1, 2], s: [7] }), example({ s: [8, 9] })], float32([0, 0]));
    expect(answer).toEqual([
      int32([0, 0, 1, 0, 1, 1], [3, 2]),
      float32([7, 8, 9]),
      int32([2, 2]),
      float32([1, 2, 0, 0], [2, 2]),
    ]);
  });

  it.each<[string, readonly Uint8Array[], RegExp]>([
    ["a feature that is missing", [example({})], /"x" \(float32\) is required but could not be found in example 0/],
    ["one of another length", [example({ x: [1] })], /expected to have 2 values, got 1/],
    ["bytes that are no example", [Uint8Array.of(255, 255)], /expected a serialized tf.Example/],
  ])("are refused for %s", async (_, examples, message) => {
    await expect(parse(examples, float32([]))).rejects.toMatchObject({
      reason: "TENSOR_INVALID",
      message: expect.stringMatching(message),
    });
  });
});

it("an op that nobody has is named with its node and a way out", async () => {
  await expect(runOp("DecodeWav", [strings(["x"])], {}, ["uint8"])).rejects.toMatchObject({
    reason: "MODEL_UNSUPPORTED",
    message:
      'TensorFlow.js has no DecodeWav (node "node"). The engine native has all of TensorFlow\'s ops: install @tensorflow/tfjs-node',
  });
});

it("a whole number past 32 bits is refused by its input's name", async () => {
  const large: Tensor = { dtype: "int64", shape: [1], data: BigInt64Array.of(2n ** 40n) };
  await expect(runOp("Neg", [large], {}, ["int64"])).rejects.toMatchObject({
    reason: "TENSOR_INVALID",
    message: expect.stringMatching(/Input "x0" holds 1099511627776: expected int64 from -2147483648 to 2147483647/),
  });
});
