import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { DType, ServableHandle, Signature, TensorSpec } from "@plinth/core";
import { describe, expect, it } from "vitest";
import { metadataJson } from "../../src/tensorflow-serving/metadata.js";

function handle(model: string, version: bigint, signatures: ReadonlyMap<string, Signature>): ServableHandle {
  const unused = () => {
    throw new Error("metadata needs the signatures only");
  };
  const calls = { signature: unused, admit: unused, infer: unused, stream: unused, [Symbol.dispose]: unused };
  return { model, version, backend: "onnx", signatures, ...calls };
}

describe("the metadata of a model", () => {
  it("is in the form of G38: versions and sizes as text, the key doubled, names of the graph", () => {
    const signature: Signature = {
      inputs: new Map([["x", { dtype: "float32", shape: [-1, 1], graphName: "x:0" }]]),
      outputs: new Map([["scores", { dtype: "string", shape: undefined }]]),
      method: "tensorflow/serving/classify",
      shapes: "advisory",
    };
    const json = JSON.parse(JSON.stringify(metadataJson(handle("half", 123n, new Map([["classify_x", signature]])))));
    expect(json).toEqual({
      model_spec: { name: "half", signature_name: "", version: "123" },
      metadata: {
        signature_def: {
          signature_def: {
            classify_x: {
              inputs: {
                x: {
                  dtype: "DT_FLOAT",
                  tensor_shape: {
                    dim: [
                      { size: "-1", name: "" },
                      { size: "1", name: "" },
                    ],
                    unknown_rank: false,
                  },
                  name: "x:0",
                },
              },
              outputs: {
                scores: { dtype: "DT_STRING", tensor_shape: { dim: [], unknown_rank: true }, name: "scores" },
              },
              method_name: "tensorflow/serving/classify",
              defaults: {},
            },
          },
        },
      },
    });
  });

  it("has the defaults of inputs that may be left out, as GetModelMetadata over gRPC", () => {
    const rate: TensorSpec = {
      dtype: "float32",
      shape: [],
      default: { dtype: "float32", shape: [], data: new Float32Array([0.1]) },
    };
    const signature: Signature = {
      inputs: new Map([["rate", rate]]),
      outputs: new Map(),
      method: "",
      shapes: "binding",
    };
    const json = JSON.stringify(metadataJson(handle("m", 1n, new Map([["s", signature]]))));
    expect(JSON.parse(json).metadata.signature_def.signature_def.s.defaults).toMatchObject({
      rate: { dtype: "DT_FLOAT", tensor_shape: { dim: [] }, float_val: [0.1], int_val: [] },
    });
  });

  it("may have names that JavaScript objects do not take lightly", () => {
    const signature: Signature = {
      inputs: new Map([["__proto__", { dtype: "bool", shape: [] }]]),
      outputs: new Map(),
      method: "",
      shapes: "binding",
    };
    expect(JSON.stringify(metadataJson(handle("m", 1n, new Map([["s", signature]]))))).toContain(
      '"__proto__":{"dtype":"DT_BOOL"',
    );
  });
});

const GOLDENS = join(
  import.meta.dirname,
  "../../../../../shared/testdata/tensorflow_serving/servables/tensorflow/testdata",
);

interface TensorInfo {
  readonly dtype: string;
  readonly tensor_shape: { readonly dim: readonly { readonly size: string }[]; readonly unknown_rank: boolean };
  readonly name: string;
}

interface Golden {
  readonly model_spec: { readonly name: string; readonly version: string };
  readonly metadata: {
    readonly signature_def: {
      readonly signature_def: Readonly<
        Record<
          string,
          {
            readonly inputs: Readonly<Record<string, TensorInfo>>;
            readonly outputs: Readonly<Record<string, TensorInfo>>;
            readonly method_name: string;
          }
        >
      >;
    };
  };
}

describe("TensorFlow Serving's own golden metadata (skipped where the folder shared/ does not lie beside the project)", () => {
  it
    .skipIf(!existsSync(GOLDENS))
    .each(["half_plus_two_model_metadata.json", "saved_model_half_plus_two_2_versions_metadata.json"])(
    "%s is what its signatures give",
    (file) => {
      const golden = JSON.parse(readFileSync(join(GOLDENS, file), "utf8")) as Golden;
      const signatures = Object.entries(golden.metadata.signature_def.signature_def).map(([name, definition]) => {
        const { inputs, outputs, method_name } = definition;
        const signature: Signature = {
          inputs: specs(inputs),
          outputs: specs(outputs),
          method: method_name,
          shapes: "advisory",
        };
        return [name, signature] as const;
      });
      const { name, version } = golden.model_spec;
      const json = metadataJson(handle(name, BigInt(version), new Map(signatures)));
      expect(signatures.length).toBeGreaterThan(3);
      expect(JSON.parse(JSON.stringify(json))).toEqual(golden);
    },
  );
});

const DTYPES: Readonly<Record<string, DType>> = { DT_FLOAT: "float32", DT_STRING: "string" };

function specs(infos: Readonly<Record<string, TensorInfo>>): ReadonlyMap<string, TensorSpec> {
  return new Map(
    Object.entries(infos).map(([name, { dtype, tensor_shape, name: graphName }]) => [
      name,
      {
        dtype: DTYPES[dtype] ?? "bool",
        shape: tensor_shape.unknown_rank ? undefined : tensor_shape.dim.map(({ size }) => Number(size)),
        graphName,
      },
    ]),
  );
}
