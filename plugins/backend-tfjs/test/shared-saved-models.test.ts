import { existsSync } from "node:fs";
import { join } from "node:path";
import type { DType, NamedTensors, Tensor } from "@plinth/core";
import { Example, type Feature } from "@plinth/protobuf-messages/tensorflow/example";
import { describe, expect, it } from "vitest";
import { expectClose, readJson, tensorOf } from "./golden.js";
import { ENGINE, load, run, SHARED_MODELS } from "./loading.js";

interface GoldenTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: readonly unknown[];
}

interface Golden {
  readonly signature: string;
  readonly cases: readonly {
    readonly inputs: Readonly<Record<string, GoldenTensor>>;
    readonly outputs: Readonly<Record<string, GoldenTensor>>;
  }[];
}

interface ExamplesGolden {
  readonly classify: {
    readonly examples: readonly { readonly x: readonly number[]; readonly n?: number }[];
    readonly classes: readonly string[];
    readonly scores: readonly (readonly number[])[];
    readonly regress: readonly number[];
  };
}

const NAMES = ["cnn", "dtypes", "loop", "mlp", "multi_signature", "resnet_small", "strings"];

describe.skipIf(!existsSync(SHARED_MODELS))(
  `models that TensorFlow has exported, on ${ENGINE} (skipped where ../shared/testdata is not beside the checkout)`,
  () => {
    it.each(NAMES)("%s answers within 1e-5 of TensorFlow", async (name) => {
      const directory = join(SHARED_MODELS, "savedmodel", name);
      const { signature, cases } = readJson<Golden>(join(directory, "golden.json"));
      const model = await load(join(directory, "1"));
      for (const { inputs, outputs } of cases)
        expectClose(await run(model, signature, tensors(inputs)), tensors(outputs));
    });

    it("tf1_examples classifies and regresses examples, and refuses the signature that needs more than it is given", async () => {
      const directory = join(SHARED_MODELS, "savedmodel", "tf1_examples");
      const { classify } = readJson<ExamplesGolden>(join(directory, "golden.json"));
      const model = await load(join(directory, "1"));
      const data = classify.examples.map(({ x, n }) =>
        example({ x: floats(x), ...(n !== undefined && { n: wholes([n]) }) }),
      );
      const inputs = new Map<string, Tensor>([["inputs", { dtype: "string", shape: [data.length], data }]]);
      const { scores, classes, regress } = classify;
      const rows = scores.length;
      const answer = await run(model, "classify", inputs);
      expectClose(
        new Map([["scores", answer.get("scores") as Tensor]]),
        new Map([["scores", tensorOf("float32", [rows, 3], scores.flat())]]),
      );
      expect(answer.get("classes")).toEqual(
        tensorOf(
          "string",
          [rows, 3],
          scores.flatMap(() => classes),
        ),
      );
      const outputs = await run(model, "regress", inputs);
      expectClose(outputs, new Map([["outputs", tensorOf("float32", outputs.get("outputs")?.shape ?? [], regress)]]));
      expect(model.details?.get("refused signature serving_default")).toContain("tf_example");
    });
  },
);

function tensors(named: Readonly<Record<string, GoldenTensor>>): NamedTensors {
  return new Map(Object.entries(named).map(([name, { dtype, shape, data }]) => [name, tensorOf(dtype, shape, data)]));
}

function floats(value: readonly number[]): Feature {
  return { kind: { $case: "floatList", value: { value: [...value] } } };
}

function wholes(value: readonly number[]): Feature {
  return { kind: { $case: "int64List", value: { value: value.map(BigInt) } } };
}

function example(features: Readonly<Record<string, Feature>>): Uint8Array {
  return Example.encode({ features: { feature: new Map(Object.entries(features)) } }).finish();
}
