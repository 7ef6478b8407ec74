import { PlinthError } from "@plinth/core";
import {
  ClassificationResponse,
  MultiInferenceRequest,
  MultiInferenceResponse,
  RegressionResponse,
} from "@plinth/protobuf-messages/tensorflow_serving/prediction_service";
import { CLASSIFY_METHOD, REGRESS_METHOD } from "@plinth/tf-example";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readExampleRequest, readMultiInferenceRequest } from "../../src/tensorflow-serving/decode-examples.js";
import {
  encodeClassification,
  encodeMultiInference,
  encodeRegression,
} from "../../src/tensorflow-serving/encode-results.js";

const ANSWERED = { model: "m", version: 2n ** 63n - 1n };
const SPEC = { name: "m", signatureName: "s", versionChoice: { $case: "version", value: ANSWERED.version } };
const labels = (...texts: string[]) => texts.map((text) => new Uint8Array(Buffer.from(text, "latin1")));

describe("results over gRPC", () => {
  it("P26 P29 keep every class, in order, of each example", () => {
    const scores = Float32Array.of(-1, 0, 1, -0, Number.NaN, Number.POSITIVE_INFINITY);
    const bytes = encodeClassification(
      { examples: 2, classes: 3, labels: labels("a", "", "c", "d", "e", "f"), scores },
      ANSWERED,
      "s",
    );
    const { result, modelSpec } = ClassificationResponse.decode(bytes);
    expect(modelSpec).toEqual(SPEC);
    const classes = result?.classifications.map((each) => each.classes.map(({ label, score }) => [label, score]));
    expect(classes?.[0]).toEqual([
      ["a", -1],
      ["", 0],
      ["c", 1],
    ]);
    expect(classes?.[1]).toEqual([
      ["d", -0],
      ["e", Number.NaN],
      ["f", Number.POSITIVE_INFINITY],
    ]);
  });

  it("P28 leave out what the model does not give", () => {
    const one = { examples: 1, classes: 1, labels: undefined, scores: undefined };
    const decoded = (of: Parameters<typeof encodeClassification>[0]) =>
      ClassificationResponse.decode(encodeClassification(of, ANSWERED, "s")).result?.classifications[0]?.classes;
    expect(decoded({ ...one, labels: labels("a") })).toEqual([{ label: "a", score: 0 }]);
    expect(decoded({ ...one, scores: Float32Array.of(5) })).toEqual([{ label: "", score: 5 }]);
  });

  it("hold no label that clients would refuse the whole answer for", () => {
    const bytes = encodeClassification(
      { examples: 1, classes: 1, labels: labels("\xff"), scores: undefined },
      ANSWERED,
      "s",
    );
    expect(ClassificationResponse.decode(bytes).result?.classifications[0]?.classes[0]?.label).toBe("\ufffd");
  });

  it("are the values of a regression", () => {
    const bytes = encodeRegression({ values: Float32Array.of(42, 0, -1) }, ANSWERED, "s");
    expect(RegressionResponse.decode(bytes)).toEqual({
      result: { regressions: [{ value: 42 }, { value: 0 }, { value: -1 }] },
      modelSpec: SPEC,
    });
  });

  it("of several tasks name the signature of each", () => {
    const bytes = encodeMultiInference(
      [
        { signature: "s", method: REGRESS_METHOD, regression: { values: Float32Array.of(3) } },
        {
          signature: "t",
          method: CLASSIFY_METHOD,
          classification: { examples: 1, classes: 0, labels: [], scores: undefined },
        },
      ],
      ANSWERED,
    );
    expect(MultiInferenceResponse.decode(bytes).results).toEqual([
      { modelSpec: SPEC, result: { $case: "regressionResult", value: { regressions: [{ value: 3 }] } } },
      {
        modelSpec: { ...SPEC, signatureName: "t" },
        result: { $case: "classificationResult", value: { classifications: [{ classes: [] }] } },
      },
    ]);
  });
});

describe("requests with tasks", () => {
  const version = (value: bigint) => ({ $case: "version" as const, value });
  const label = (value: string) => ({ $case: "versionLabel" as const, value });
  const read = (...choices: (ReturnType<typeof version> | ReturnType<typeof label> | undefined)[]) => {
    const tasks = choices.map((versionChoice) => ({ modelSpec: { name: "m", versionChoice } }));
    return readMultiInferenceRequest(
      Buffer.from(MultiInferenceRequest.encode(MultiInferenceRequest.fromPartial({ tasks })).finish()),
    );
  };

  it("are of the version that some of them name", () => {
    expect(read(undefined, version(7n), version(7n))).toMatchObject({ model: "m", version: 7n });
    expect(read(label("stable"), undefined)).toMatchObject({ model: "m", label: "stable" });
    expect(read(undefined)).toMatchObject({ model: "m", version: undefined, label: undefined });
  });

  it.each<[string, Parameters<typeof read>, string]>([
    ["two versions", [version(7n), version(8n)], "Got version 7 and version 8"],
    ["a version and a label", [version(7n), label("stable")], 'Got version 7 and label "stable"'],
    ["too many", new Array(1_001).fill(undefined), "at most 1000 tasks"],
  ])("are refused for %s", (_, choices, message) => {
    expect(() => read(...choices)).toThrow(message);
  });
});

it("any bytes are read to an end", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      for (const read of [readExampleRequest, readMultiInferenceRequest]) {
        try {
          read(Buffer.from(bytes));
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(PlinthError);
          expect((thrown as PlinthError).code).toBe("INVALID_ARGUMENT");
        }
      }
    }),
  );
});
