import {
  type InferCall,
  type NamedTensors,
  PlinthError,
  PREDICT_METHOD,
  type Tensor,
  type TensorSpec,
} from "@plinth/core";
import { describe, expect, it } from "vitest";
import { CLASSIFY_METHOD, classify, ExampleBatch, multiInference, REGRESS_METHOD, regress } from "../src/index.js";
import { bytes, example } from "./examples.js";
import { FakeServable, floats, signature, strings, tensor } from "./fake-servable.js";
import { rejectionOf } from "./thrown.js";

const SERIALIZED = { inputs: { dtype: "string", shape: [-1] } } as const;
const FLOATS: TensorSpec = { dtype: "float32", shape: [-1, -1] };
const STRINGS: TensorSpec = { dtype: "string", shape: [-1, -1] };
const TWO = ExampleBatch.ofParsed([example({ x: [80] }), example({ x: [2] })]);

/** A version of one signature with these outputs, which gives these tensors. */
function answering(outputs: Readonly<Record<string, Tensor>>): FakeServable {
  const specs = Object.fromEntries(
    Object.entries(outputs).map(([name, { dtype }]) => [name, { dtype, shape: [-1, -1] }]),
  );
  return new FakeServable(new Map([["serving_default", signature(SERIALIZED, specs)]]), ({ outputs: wanted = [] }) => {
    return new Map(wanted.map((name) => [name, outputs[name] as Tensor]));
  });
}

describe("classify", () => {
  it("P26 P28 P29 gives labels and scores of each example", async () => {
    const classes = strings([2, 3], "a", "b", "c", "c", "b", "a");
    const scores = floats([2, 3], -1, 0, 1, 0.5, 0, -0.5);
    const servable = answering({ classes, scores, logits: floats([2, 3], 0, 0, 0, 0, 0, 0) });
    expect(await classify(servable, { examples: TWO })).toEqual({
      examples: 2,
      classes: 3,
      labels: classes.data,
      scores: scores.data,
    });
    expect(servable.calls[0]).toMatchObject({
      outputs: ["classes", "scores"],
      inputs: new Map([["inputs", { shape: [2] }]]),
    });
  });

  it.each<[what: string, output: string, value: Tensor, expected: object]>([
    [
      "P28 scores alone",
      "scores",
      floats([2, 1], 42, 3),
      { classes: 1, labels: undefined, scores: Float32Array.of(42, 3) },
    ],
    [
      "P28 classes alone",
      "classes",
      strings([2, 1], "a", "b"),
      { classes: 1, labels: [bytes("a"), bytes("b")], scores: undefined },
    ],
    ["the only output of floats", "probabilities", floats([2, 2], 0, 1, 1, 0), { classes: 2, labels: undefined }],
    ["the only output of strings", "label", strings([2], "a", "b"), { classes: 1, scores: undefined }],
  ])("takes %s", async (_, output, value, expected) => {
    expect(await classify(answering({ [output]: value }), { examples: TWO })).toMatchObject({
      examples: 2,
      ...expected,
    });
  });

  it.each<[what: string, outputs: Record<string, Tensor>, reason: string, fragment: string]>([
    [
      "P32 classes of another dtype",
      { classes: floats([2, 1], 1, 2) },
      "OUTPUT_UNFIT",
      "Expected classes Tensor of DT_STRING",
    ],
    [
      "P32 scores of another dtype",
      { scores: tensor("float64", [2, 1], new Float64Array(2)) },
      "OUTPUT_UNFIT",
      "Expected scores Tensor of DT_FLOAT",
    ],
    ["P32 another number of rows", { scores: floats([1, 1], 1) }, "OUTPUT_UNFIT", "batch size"],
    ["P32 no rows", { scores: floats([], 1) }, "OUTPUT_UNFIT", "shape: [batch_size, num_classes] but got []"],
    [
      "P32 unequal numbers of classes",
      { classes: strings([2, 2], "a", "b", "c", "d"), scores: floats([2, 3], 1, 2, 3, 4, 5, 6) },
      "OUTPUT_UNFIT",
      "Tensors class and score should match in dim_size(1). Got 2 vs. 3",
    ],
    [
      "a signature without either",
      { a: floats([2], 1, 2), b: floats([2], 1, 2) },
      "SIGNATURE_UNFIT",
      'has "a" (float32 [-1,-1])',
    ],
    ["an only output of integers", { a: tensor("int32", [2], new Int32Array(2)) }, "SIGNATURE_UNFIT", "Use predict"],
  ])("refuses %s", async (_, outputs, reason, fragment) => {
    const error = await rejectionOf(classify(answering(outputs), { examples: TWO }));
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", reason });
    expect(error.message).toContain(fragment);
  });

  it("P34 refuses a signature that was made to regress, by its only output", async () => {
    const regressing = signature(SERIALIZED, { outputs: FLOATS }, { method: REGRESS_METHOD });
    const servable = new FakeServable(new Map([["serving_default", regressing]]), () => new Map());
    const error = await rejectionOf(classify(servable, { examples: TWO }));
    expect(error.message).toContain("Expected classification signature");
  });

  it("P23 P34 refuses a signature that there is not", async () => {
    const error = await rejectionOf(
      classify(answering({ scores: floats([2], 1, 2) }), { signature: "other", examples: TWO }),
    );
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", reason: "SIGNATURE_NOT_FOUND" });
  });

  it("P31 passes on why a run failed", async () => {
    const servable = new FakeServable(answering({ scores: floats([2], 1, 2) }).signatures, () => {
      throw new PlinthError("MODEL_RUN_FAILED", "Run totally failed");
    });
    expect((await rejectionOf(classify(servable, { examples: TWO }))).message).toBe("Run totally failed");
  });

  it("passes on how long the answer is of use", async () => {
    const servable = answering({ scores: floats([2], 1, 2) });
    const { signal } = new AbortController();
    await classify(servable, { examples: TWO, deadlineMs: 5, signal });
    expect(servable.calls[0]).toMatchObject({ deadlineMs: 5, signal });
  });
});

describe("regress", () => {
  it.each<[what: string, output: string, shape: readonly number[]]>([
    ["P26 a column", "outputs", [2, 1]],
    ["a list", "outputs", [2]],
    ["the only output", "y", [2, 1]],
  ])("gives the values of %s", async (_, output, shape) => {
    expect(await regress(answering({ [output]: floats(shape, 42, 3) }), { examples: TWO })).toEqual({
      values: Float32Array.of(42, 3),
    });
  });

  it.each<[what: string, outputs: Record<string, Tensor>, reason: string, fragment: string]>([
    ["P33 another dtype", { outputs: strings([2], "a", "b") }, "OUTPUT_UNFIT", "Expected output Tensor of DT_FLOAT"],
    ["P33 another number of rows", { outputs: floats([3, 1], 1, 2, 3) }, "OUTPUT_UNFIT", "output batch size"],
    [
      "several values an example",
      { outputs: floats([2, 2], 1, 2, 3, 4) },
      "OUTPUT_UNFIT",
      "[batch_size, 1] but got [2,2]",
    ],
    ["a signature without one", { a: strings([2], "a", "b") }, "SIGNATURE_UNFIT", 'to contain "outputs"'],
  ])("refuses %s", async (_, outputs, reason, fragment) => {
    const error = await rejectionOf(regress(answering(outputs), { examples: TWO }));
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", reason });
    expect(error.message).toContain(fragment);
  });
});

describe("several tasks at once", () => {
  const classes = signature(SERIALIZED, { classes: STRINGS, scores: FLOATS }, { method: CLASSIFY_METHOD });
  const regression = signature(SERIALIZED, { outputs: FLOATS }, { method: REGRESS_METHOD });
  const dense = signature({ x: FLOATS }, { y: FLOATS });
  const signatures = new Map([
    ["classify_x_to_y", classes],
    ["regress_x_to_y", regression],
    ["regress_x_to_y2", regression],
    ["serving_default", dense],
  ]);
  const halves = ({ signature: name }: InferCall): NamedTensors => {
    if (name === "classify_x_to_y")
      return new Map([
        ["classes", strings([2, 1], "a", "b")],
        ["scores", floats([2, 1], 42, 3)],
      ]);
    return new Map([
      [name === "serving_default" ? "y" : "outputs", floats([2, 1], 42, name === "regress_x_to_y2" ? 4 : 3)],
    ]);
  };

  it("P40 P41 P42 come in the order of the tasks, one run each over the same inputs", async () => {
    const servable = new FakeServable(signatures, halves);
    const tasks = [
      { signature: "regress_x_to_y", method: REGRESS_METHOD },
      { signature: "classify_x_to_y", method: undefined },
      { signature: "regress_x_to_y2", method: REGRESS_METHOD },
      { signature: undefined, method: REGRESS_METHOD },
    ];
    const regressed = (last: number) => ({ method: REGRESS_METHOD, regression: { values: Float32Array.of(42, last) } });
    expect(await multiInference(servable, tasks, { examples: TWO })).toMatchObject([
      { signature: "regress_x_to_y", ...regressed(3) },
      {
        signature: "classify_x_to_y",
        method: CLASSIFY_METHOD,
        classification: { classes: 1, scores: Float32Array.of(42, 3) },
      },
      { signature: "regress_x_to_y2", ...regressed(4) },
      { signature: "serving_default", ...regressed(3) },
    ]);
    const [first, second] = servable.calls.map(({ inputs }) => inputs.get("inputs")?.data);
    expect(servable.calls).toHaveLength(4);
    expect(second).toBe(first);
  });

  it.each<[what: string, tasks: Parameters<typeof multiInference>[1], code: string, fragment: string]>([
    ["no tasks", [], "INVALID_ARGUMENT", "at least one inference task"],
    [
      "P36 an unknown signature",
      [{ signature: "other", method: REGRESS_METHOD }],
      "INVALID_ARGUMENT",
      "signature not found",
    ],
    [
      "P38 the same signature twice",
      [
        { signature: "regress_x_to_y", method: REGRESS_METHOD },
        { signature: "regress_x_to_y", method: CLASSIFY_METHOD },
      ],
      "INVALID_ARGUMENT",
      "Duplicate evaluation of signature: regress_x_to_y",
    ],
    [
      "P39 another method",
      [{ signature: undefined, method: PREDICT_METHOD }],
      "UNIMPLEMENTED",
      "Unsupported signature",
    ],
    [
      "a signature of predict, without a method",
      [{ signature: undefined, method: undefined }],
      "INVALID_ARGUMENT",
      "the task must say its own",
    ],
    [
      "a signature without the outputs",
      [{ signature: "classify_x_to_y", method: REGRESS_METHOD }],
      "INVALID_ARGUMENT",
      "Expected regression",
    ],
  ])("are refused before any is run for %s", async (_, tasks, code, fragment) => {
    const servable = new FakeServable(signatures, halves);
    const error = await rejectionOf(multiInference(servable, tasks, { examples: TWO }));
    expect(error.code).toBe(code);
    expect(error.message).toContain(fragment);
    expect(servable.calls).toEqual([]);
  });

  it("fail together, and only once every run is over", async () => {
    let finish: (outputs: NamedTensors) => void = () => {};
    const slow = new Promise<NamedTensors>((resolve) => {
      finish = resolve;
    });
    const servable = new FakeServable(signatures, (call) => {
      if (call.signature === "regress_x_to_y") throw new PlinthError("MODEL_RUN_FAILED", "Run totally failed");
      return slow;
    });
    const tasks = ["regress_x_to_y", "regress_x_to_y2"].map((name) => ({ signature: name, method: REGRESS_METHOD }));
    let settled = false;
    const failed = rejectionOf(multiInference(servable, tasks, { examples: TWO })).finally(() => {
      settled = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(settled).toBe(false);
    finish(new Map([["outputs", floats([2], 1, 2)]]));
    expect((await failed).message).toBe("Run totally failed");
  });
});
