import { join } from "node:path";
import { allocateData, DEFAULT_SIGNATURE, type DType, type Tensor } from "@plinth/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { engineDetails } from "../src/engine/engine.js";
import { NATIVE_TYPES } from "../src/native/native-binding.js";
import { ENGINE, load, OWN_MODELS, run } from "./loading.js";
import { float32, strings } from "./running-ops.js";
import { savedModelFile, typed } from "./saved-model-file.js";
import { ModelFolder } from "./tfjs-files.js";

let folder: ModelFolder;

beforeAll(async () => {
  folder = await ModelFolder.create();
});

afterAll(() => folder[Symbol.asyncDispose]());

/** One and minus one and what they are when added to themselves, in the bits of types that have no array of their own. */
const BITS: Readonly<Partial<Record<DType, readonly [number, number]>>> = {
  float16: [0x3c00, 0x4000],
  bfloat16: [0x3f80, 0x4000],
};

const DTYPES = Object.keys(NATIVE_TYPES).filter((dtype) => dtype !== "bool") as DType[];

function filled(dtype: DType, value: number): Tensor {
  const data = allocateData(dtype, 3);
  if (dtype === "string") (data as Uint8Array[]).fill(new Uint8Array(value).fill(97));
  else (data as Float32Array).fill((/^u?int64$/.test(dtype) ? BigInt(value) : value) as never);
  return { dtype, shape: [3], data } as Tensor;
}

describe(`a SavedModel on ${ENGINE}`, () => {
  it.each(DTYPES)("computes with %s", async (dtype) => {
    const type = NATIVE_TYPES[dtype];
    const file = savedModelFile(
      [
        { name: "x", op: "Placeholder", attributes: { dtype: typed(type) } },
        { name: "y", op: "AddV2", input: ["x", "x"], attributes: { T: typed(type) } },
      ],
      { [DEFAULT_SIGNATURE]: { inputs: { x: ["x:0", type] }, outputs: { y: ["y:0", type] } } },
    );
    const model = await load(await folder.write(`dtype-${dtype}`, { "saved_model.pb": file }));
    const [one, two] = BITS[dtype] ?? [1, 2];
    const answer = await run(model, DEFAULT_SIGNATURE, new Map([["x", filled(dtype, one)]]));
    expect(answer.get("y")).toEqual(filled(dtype, two));
  });

  it("serves the other signatures where one has an op that there is none of, which is named", async () => {
    const file = savedModelFile(
      [
        { name: "bytes", op: "Placeholder", attributes: { dtype: typed(NATIVE_TYPES.string) } },
        { name: "samples", op: "DecodeWav", input: ["bytes"] },
        { name: "x", op: "Placeholder", attributes: { dtype: typed(NATIVE_TYPES.float32) } },
        { name: "y", op: "Neg", input: ["x"], attributes: { T: typed(NATIVE_TYPES.float32) } },
      ],
      {
        sound: {
          inputs: { bytes: ["bytes:0", NATIVE_TYPES.string] },
          outputs: { samples: ["samples:0", NATIVE_TYPES.float32] },
        },
        negative: { inputs: { x: ["x:0", NATIVE_TYPES.float32] }, outputs: { y: ["y:0", NATIVE_TYPES.float32] } },
      },
    );
    const model = await load(await folder.write("partly", { "saved_model.pb": file }));
    expect((await run(model, "negative", new Map([["x", float32([1])]]))).get("y")).toEqual(float32([-1]));
    expect([...model.signatures.keys()]).toEqual(ENGINE === "native" ? ["negative", "sound"] : ["negative"]);
    const refusal = model.details?.get("refused signature sound");
    if (ENGINE === "native") expect(refusal).toBeUndefined();
    else expect(refusal).toMatch(/DecodeWav \(node "samples"\).*install @tensorflow\/tfjs-node/);
  });

  it("is the graph of the tags that are asked for", async () => {
    const other = await load(join(OWN_MODELS, "classic", "1"), { tags: ["serve", "other"] });
    expect([...other.signatures.keys()]).toEqual(["other"]);
    await expect(load(join(OWN_MODELS, "classic", "1"), { tags: ["train"] })).rejects.toMatchObject({
      reason: "MODEL_UNSUPPORTED",
      message: expect.stringMatching(/tags \[train\].*got \[serve\], \[serve, other\]/),
    });
  });

  it("says which one it is by its fingerprint", async () => {
    const model = await load(join(OWN_MODELS, "affine", "1"));
    expect(model.details?.get("fingerprint")).toMatch(/^\d+\/\d+\/\d+\/\d+$/);
  });

  it("has sparse and ragged outputs by their parts", async () => {
    const model = await load(join(OWN_MODELS, "composite", "1"));
    const words = await run(model, "split", new Map([["text", strings(["a b", ""])]]));
    expect(words.get("words/values")).toEqual(strings(["a", "b"]));
    expect(words.get("words/row_splits")?.data).toEqual(BigInt64Array.of(0n, 2n, 2n));
  });
});

it("what engines were passed over is told with why", () => {
  const engine = { name: "wasm", passedOver: ["native: @tensorflow/tfjs-node is not installed"] } as const;
  expect(new Map(engineDetails(engine)).get("engines passed over")).toBe(
    "native: @tensorflow/tfjs-node is not installed",
  );
  expect([...new Map(engineDetails({ ...engine, passedOver: [] })).keys()]).toEqual(["engine"]);
});
