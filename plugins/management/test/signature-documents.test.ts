import { PREDICT_METHOD, type Signature, type Tensor } from "@plinth/core";
import { describe, expect, it } from "vitest";
import { signatureDocuments } from "../src/documents/signature-documents.js";
import { signature as signatureSchema } from "../src/signature-resources.js";

function signatureOf(inputs: Signature["inputs"]): Signature {
  return { inputs, outputs: new Map(), method: PREDICT_METHOD, shapes: "binding" };
}

function defaultOf(value: Tensor) {
  const { dtype, shape } = value;
  const [document] = signatureDocuments(
    new Map([["serving_default", signatureOf(new Map([["x", { dtype, shape: [...shape], default: value }]]))]]),
  );
  return signatureSchema.parse(document).inputs[0]?.default;
}

describe("the document of a signature", () => {
  it("keeps the model's order, also of names that JavaScript would put first", () => {
    const spec = { dtype: "float32", shape: [-1] } as const;
    const names = ["b", "2", "1", "__proto__"];
    const signature = signatureOf(new Map(names.map((name) => [name, spec])));
    const [document] = signatureDocuments(new Map([["serving_default", signature]]));
    expect(document?.inputs.map(({ name }) => name)).toEqual(names);
  });

  it("tells what is known and leaves out what is not", () => {
    const signature: Signature = {
      inputs: new Map([["x", { dtype: "string", shape: undefined, graphName: "x:0" }]]),
      outputs: new Map([["y", { dtype: "int64", shape: [] }]]),
      method: PREDICT_METHOD,
      shapes: "advisory",
      changesState: true,
      streams: "also",
    };
    expect(signatureDocuments(new Map([["count", signature]]))).toEqual([
      {
        name: "count",
        method: PREDICT_METHOD,
        inputs: [{ name: "x", dtype: "string", graphName: "x:0" }],
        outputs: [{ name: "y", dtype: "int64", shape: [] }],
        shapes: "advisory",
        streams: "also",
        changesState: true,
      },
    ]);
  });

  it.each<readonly [string, Tensor, unknown]>([
    [
      "floats",
      { dtype: "float32", shape: [3], data: new Float32Array([0.5, Number.NaN, Infinity]) },
      [0.5, "NaN", "Infinity"],
    ],
    ["wide integers", { dtype: "int64", shape: [2], data: new BigInt64Array([3n, 2n ** 60n]) }, [3, String(2n ** 60n)]],
    ["truth values", { dtype: "bool", shape: [2], data: new Uint8Array([0, 1]) }, [false, true]],
    ["bytes", { dtype: "string", shape: [2], data: [Buffer.from("ä"), new Uint8Array([255])] }, ["ä", { b64: "/w==" }]],
    ["bits", { dtype: "float16", shape: [1], data: new Uint16Array([15_360]) }, undefined],
    ["many", { dtype: "uint8", shape: [257], data: new Uint8Array(257) }, undefined],
  ])("writes defaults of %s as JSON can hold them", (_kind, tensor, values) => {
    expect(defaultOf(tensor)).toEqual({ shape: tensor.shape, ...(values !== undefined && { values }) });
  });
});
