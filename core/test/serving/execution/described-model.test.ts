import { describe, expect, it } from "vitest";
import {
  DEFAULT_SIGNATURE,
  type DescribedTensor,
  type ModelDescription,
  PlinthError,
  PREDICT_METHOD,
  type Signature,
} from "../../../src/index.js";
import { DescribedModel, describeModel } from "../../../src/serving/execution/described-model.js";
import { FakeExecutedModel } from "../../fakes/fake-executed-model.js";

const SIGNATURE: Signature = {
  inputs: new Map([["x", { dtype: "float32", shape: [-1, 4] }]]),
  outputs: new Map([
    ["y", { dtype: "float32", shape: [-1, 4] }],
    ["z", { dtype: "float32", shape: undefined }],
  ]),
  method: PREDICT_METHOD,
  shapes: "binding",
};

function model(signature = SIGNATURE): FakeExecutedModel {
  return new FakeExecutedModel(1, new Map([[DEFAULT_SIGNATURE, signature]]));
}

function tensor(shape: readonly number[], more: Partial<DescribedTensor> = {}): DescribedTensor {
  return { dtype: "float32", shape, at: "model.txt:1:1", ...more };
}

function described(more: Partial<ModelDescription> = {}): ModelDescription {
  return { name: "model.txt", warmUp: [], ignored: [], ...more };
}

function contradiction(more: Partial<ModelDescription>, signature = SIGNATURE): string {
  try {
    new DescribedModel(model(signature), described(more));
  } catch (thrown) {
    expect(PlinthError.from(thrown).reason).toBe("MODEL_DESCRIPTION_INVALID");
    return PlinthError.from(thrown).message;
  }
  return expect.fail("expected a contradiction");
}

describe("a described model", () => {
  it("has the model's own signature where nothing is said of it", () => {
    expect(new DescribedModel(model(), described()).signatures.get(DEFAULT_SIGNATURE)).toEqual(SIGNATURE);
  });

  it("has the shapes and only the outputs that are described", () => {
    const signature = new DescribedModel(
      model(),
      described({
        inputs: new Map([["x", tensor([2, 2, 2], { modelShape: [2, 4] })]]),
        outputs: new Map([["y", tensor([-1, 4])]]),
      }),
    ).signatures.get(DEFAULT_SIGNATURE);
    expect(signature?.inputs.get("x")?.shape).toEqual([2, 2, 2]);
    expect([...(signature?.outputs.keys() ?? [])]).toEqual(["y"]);
  });

  it("hands tensors on in the model's shapes, and its answers in those of the clients", async () => {
    const inner = model();
    const outer = new DescribedModel(
      inner,
      described({
        inputs: new Map([["x", tensor([-1, 2, 2], { modelShape: [-1, 4] })]]),
        outputs: new Map([["y", tensor([-1, 2, 2], { modelShape: [-1, 4] })]]),
      }),
    );
    const outputs = await outer.run({
      signature: DEFAULT_SIGNATURE,
      inputs: new Map([["x", { dtype: "float32", shape: [3, 2, 2], data: new Float32Array(12) }]]),
      outputs: ["y"],
    });
    expect(inner.calls[0]?.inputs.get("x")?.shape).toEqual([3, 4]);
    expect(outputs.get("y")?.shape).toEqual([3, 2, 2]);
  });

  it.each<[string, Partial<ModelDescription>, string]>([
    [
      "an input that the model has not got",
      {
        inputs: new Map([
          ["x", tensor([-1, 4])],
          ["w", tensor([1])],
        ]),
      },
      'no input "w"',
    ],
    ["an input that is left out", { inputs: new Map() }, 'also takes the inputs "x"'],
    ["an output that the model has not got", { outputs: new Map([["w", tensor([1])]]) }, 'no output "w"'],
    [
      "another dtype",
      { inputs: new Map([["x", tensor([-1, 4], { dtype: "int8" })]]) },
      "is float32 in the model, not int8",
    ],
    [
      "another rank",
      { inputs: new Map([["x", tensor([-1, 4, 1])]]) },
      "has the shape [-1,4] in the model, which [-1,4,1]",
    ],
    ["another length", { outputs: new Map([["y", tensor([-1, 5])]]) }, "which [-1,5] does not fit"],
    [
      "any length where the model has one",
      { inputs: new Map([["x", tensor([-1, -1])]]) },
      "which [-1,-1] does not fit",
    ],
  ])("is refused for %s", (_, more, message) => {
    expect(contradiction(more)).toContain(message);
  });

  it("is refused where batches are asked for and the model takes none", () => {
    const fixed = { ...SIGNATURE, inputs: new Map([["x", { dtype: "float32", shape: [1, 4] } as const]]) };
    const batching = { maxBatchSize: 8, maxWaitMs: 0, ifPossible: false };
    expect(contradiction({ batching }, fixed)).toContain("batches of up to 8, but the model takes none");
    expect(
      () => new DescribedModel(model(fixed), described({ batching: { ...batching, ifPossible: true } })),
    ).not.toThrow();
  });

  it("names every contradiction with its place", () => {
    const message = contradiction({
      inputs: new Map([["x", tensor([1], { at: "model.txt:3:1" })]]),
      outputs: new Map([["w", tensor([1], { at: "model.txt:9:1" })]]),
    });
    expect(message).toMatch(/^model\.txt contradicts the model:\nmodel\.txt:3:1: .*\nmodel\.txt:9:1: .*$/);
  });
});

describe("the warm-up of a description", () => {
  const x = { dtype: "float32", shape: [2, 4], data: new Float32Array(8) } as const;

  it("runs each of its requests before the model is in service", async () => {
    const inner = model();
    const warmUp = [
      { name: "first", inputs: new Map([["x", x]]) },
      { name: "again", inputs: new Map([["x", x]]) },
    ];
    await describeModel(inner, described({ warmUp }), new AbortController().signal);
    expect(inner.calls.map(({ inputs }) => inputs.get("x"))).toEqual([x, x]);
  });

  it.each([
    ["does not take its inputs", new Map(), /"first" of model\.txt fails: Input "x" is missing/],
    ["fails on them", new Map([["x", x]]), /"first" of model\.txt fails: no/],
  ])("fails the load where the model %s", async (_, inputs, message) => {
    const inner = model();
    inner.answer = () => {
      throw new Error("no");
    };
    const loading = describeModel(
      inner,
      described({ warmUp: [{ name: "first", inputs }] }),
      new AbortController().signal,
    );
    await expect(loading).rejects.toMatchObject({
      reason: "MODEL_DESCRIPTION_INVALID",
      message: expect.stringMatching(message),
    });
  });
});
