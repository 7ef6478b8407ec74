import { PlinthError } from "@plinth/core";
import { CLASSIFY_METHOD, type Classification, REGRESS_METHOD } from "@plinth/tf-example";
import { describe, expect, it } from "vitest";
import {
  encodeClassification,
  encodeMultiInference,
  encodeRegression,
} from "../../src/tensorflow-serving/encode-results.js";

function classification(
  classes: number,
  labels: readonly string[] | undefined,
  scores: readonly number[] | undefined,
): Classification {
  const examples = (labels ?? scores ?? []).length / classes;
  return {
    examples,
    classes,
    labels: labels?.map((label) => new Uint8Array(Buffer.from(label))),
    scores: scores && Float32Array.from(scores),
  };
}

function failure(run: () => unknown): PlinthError {
  try {
    run();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(PlinthError);
    return thrown as PlinthError;
  }
  throw new Error("expected an error");
}

describe("results as TensorFlow Serving gives them", () => {
  it("D01 classifications", () => {
    const cars = classification(3, ["car", "bike", "bus", "car", "bike", 'a "b"'], [0.2, 0.7, 0.1, 0.7, 0.1, 0.2]);
    expect(encodeClassification(cars).toString()).toBe(
      '{"results":[[["car",0.2],["bike",0.7],["bus",0.1]],[["car",0.7],["bike",0.1],["a \\"b\\"",0.2]]]}',
    );
  });

  it("P28 classifications without scores or labels", () => {
    expect(encodeClassification(classification(1, ["a", "b"], undefined)).toString()).toBe(
      '{"results":[[["a",0.0]],[["b",0.0]]]}',
    );
    expect(encodeClassification(classification(1, undefined, [12])).toString()).toBe('{"results":[[["",12.0]]]}');
  });

  it("labels that are no text", () => {
    const labels = [Uint8Array.of(0xff)];
    expect(encodeClassification({ examples: 1, classes: 1, labels, scores: Float32Array.of(1) }).toString()).toBe(
      '{"results":[[[{"b64":"/w=="},1.0]]]}',
    );
  });

  it("D02 D03 regressions", () => {
    expect(encodeRegression({ values: Float32Array.of(0.2, 0.9, 1) }).toString()).toBe('{"results":[0.2,0.9,1.0]}');
    const odd = Float32Array.of(0.2, Number.POSITIVE_INFINITY, 1, Number.NEGATIVE_INFINITY, Number.NaN);
    expect(encodeRegression({ values: odd }).toString()).toBe('{"results":[0.2,Infinity,1.0,-Infinity,NaN]}');
  });

  it("D04 D05 empty results are refused", () => {
    const classifications = failure(() =>
      encodeClassification({ examples: 0, classes: 0, labels: [], scores: undefined }),
    );
    expect(classifications).toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(classifications.message).toContain("empty ClassificationResults");
    const regressions = failure(() => encodeRegression({ values: new Float32Array(0) }));
    expect(regressions).toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(regressions.message).toContain("empty RegressionResults");
  });

  it("D06 what went well holds no error", () => {
    expect(Object.keys(JSON.parse(encodeRegression({ values: Float32Array.of(1) }).toString()))).toEqual(["results"]);
  });

  it("several tasks, each as a request of its own would have been answered", () => {
    const results = encodeMultiInference([
      { signature: 'r"', method: REGRESS_METHOD, regression: { values: Float32Array.of(3) } },
      { signature: "c", method: CLASSIFY_METHOD, classification: classification(1, ["a"], [0.5]) },
    ]);
    expect(JSON.parse(results.toString())).toEqual({
      results: [
        { signature_name: 'r"', method_name: REGRESS_METHOD, results: [3] },
        { signature_name: "c", method_name: CLASSIFY_METHOD, results: [[["a", 0.5]]] },
      ],
    });
  });
});
