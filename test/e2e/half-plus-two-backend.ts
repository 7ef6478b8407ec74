import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  Backend,
  createTensor,
  definePlugin,
  type LoadedModel,
  type NamedTensors,
  PlinthError,
  type Plugin,
  PREDICT_METHOD,
  type RunCall,
  type Signature,
  type Tensor,
  type TensorSpec,
} from "@plinth/core";
import { CLASSIFY_METHOD, REGRESS_METHOD, readExample } from "@plinth/tf-example";
import { z } from "zod";

/** The file of a version. It holds how the signatures were exported: `tf1` by their methods, `tf2` all as predict. */
export const MODEL_FILE = "half-plus-two.txt";

type Exporter = "tf1" | "tf2";

const SERIALIZED: TensorSpec = { dtype: "string", shape: [-1] };
const COLUMN: TensorSpec = { dtype: "float32", shape: [-1, 1] };

/**
 * The signatures of TensorFlow Serving's own test model, which is here without TensorFlow: y = 0.5 x + 2 by most, 0.5 x + 3 by those of `y2`
 * and `y3`. The graph parses the examples of `x`, and takes those of `x2` as floats.
 */
function signaturesOf(exporter: Exporter): ReadonlyMap<string, Signature> {
  const signature = (input: string, spec: TensorSpec, output: string): Signature => ({
    inputs: new Map([[input, spec]]),
    outputs: new Map([[output, COLUMN]]),
    method: methodOf(exporter, output),
    shapes: "advisory",
  });
  return new Map([
    ["serving_default", signature("x", COLUMN, "y")],
    ["classify_x_to_y", signature("inputs", SERIALIZED, "scores")],
    ["regress_x_to_y", signature("inputs", SERIALIZED, "outputs")],
    ["regress_x_to_y2", signature("inputs", SERIALIZED, "outputs")],
    ["regress_x2_to_y3", signature("inputs", COLUMN, "outputs")],
    ["classify_x2_to_y3", signature("inputs", COLUMN, "scores")],
  ]);
}

function methodOf(exporter: Exporter, output: string): string {
  if (exporter === "tf1" && output === "scores") return CLASSIFY_METHOD;
  return exporter === "tf1" && output === "outputs" ? REGRESS_METHOD : PREDICT_METHOD;
}

class HalfPlusTwo implements LoadedModel {
  readonly signatures: ReadonlyMap<string, Signature>;

  constructor(exporter: Exporter) {
    this.signatures = signaturesOf(exporter);
  }

  async run({ signature, inputs, outputs }: RunCall): Promise<NamedTensors> {
    const [input] = inputs.values();
    const x = parsed(input as Tensor);
    const plus = /y[23]$/.test(signature) ? 3 : 2;
    const y = createTensor(
      "float32",
      x.shape,
      x.data.map((value) => 0.5 * value + plus),
    );
    return new Map(outputs.map((name) => [name, y]));
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** What TensorFlow's ParseExample does with a feature `x` of one float. */
function parsed(input: Tensor): Tensor<"float32"> {
  if (input.dtype === "float32") return input;
  if (input.dtype !== "string") throw new Error(`Expected examples, got ${input.dtype}`);
  const values = input.data.map((serialized) => {
    const feature = readExample(serialized).get("x");
    if (feature?.kind !== "float") throw new PlinthError("TENSOR_INVALID", "Feature: x (data type: float) is required");
    return feature.values[0] ?? 0;
  });
  return createTensor("float32", [values.length, 1], Float32Array.from(values));
}

export const plugin: Plugin<object> = definePlugin({
  name: "half-plus-two",
  apiVersion: 1,
  config: z.strictObject({}),
  register(registry) {
    registry.provide(Backend, () => ({
      name: "half-plus-two",
      recognizes: (files) => files.some(({ path }) => path === MODEL_FILE),
      load: async ({ directory }) => {
        const exporter = (await readFile(join(directory, MODEL_FILE), "utf8")).trim();
        return new HalfPlusTwo(exporter as Exporter);
      },
    }));
  },
});
