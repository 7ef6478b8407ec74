import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DEFAULT_SIGNATURE, type Tensor } from "@plinth/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createBackend, ENGINE, load, run, versionOf } from "./loading.js";
import { float32, int32, strings } from "./running-ops.js";
import {
  constant,
  type GraphParts,
  graphModelFiles,
  layersModelFiles,
  ModelFolder,
  placeholder,
  port,
} from "./tfjs-files.js";

let folder: ModelFolder;

beforeAll(async () => {
  folder = await ModelFolder.create();
});

afterAll(() => folder[Symbol.asyncDispose]());

async function answer(
  name: string,
  parts: GraphParts,
  inputs: Readonly<Record<string, Tensor>>,
): Promise<ReadonlyMap<string, Tensor>> {
  const model = await load(await folder.write(name, graphModelFiles(parts)));
  return run(model, DEFAULT_SIGNATURE, new Map(Object.entries(inputs)));
}

describe(`a layers model on ${ENGINE}`, () => {
  it("answers, by the names of its layers", async () => {
    const model = await load(await folder.write("layers", await layersModelFiles()));
    expect(model.details?.get("format")).toBe("TensorFlow.js layers model");
    const [input = ""] = model.signatures.get(DEFAULT_SIGNATURE)?.inputs.keys() ?? [];
    const outputs = await run(model, DEFAULT_SIGNATURE, new Map([[input, float32([1, 1, 2, 0], [2, 2])]]));
    const [y] = [...outputs.values()];
    expect(y?.shape).toEqual([2, 1]);
    expect([...(y?.data ?? [])]).toEqual([
      expect.closeTo(1 / (1 + Math.exp(-0.5)), 5),
      expect.closeTo(1 / (1 + Math.exp(-2.5)), 5),
    ]);
  });

  it("of an unknown layer is refused with a way out", async () => {
    const files = await layersModelFiles();
    const damaged = String(files["model.json"]).replace('"Dense"', '"Mystery"');
    const loading = load(await folder.write("unknown-layer", { ...files, "model.json": damaged }));
    await expect(loading).rejects.toMatchObject({
      reason: "MODEL_UNSUPPORTED",
      message: expect.stringContaining("Mystery"),
    });
  });
});

describe(`a graph model on ${ENGINE}`, () => {
  const scale: GraphParts = {
    node: [
      placeholder("x"),
      constant("w"),
      { name: "y", op: "Mul", input: ["x", "w"], attr: { T: { type: "DT_FLOAT" } } },
    ],
    weights: [{ name: "w", shape: [], dtype: "float32", values: Float32Array.of(3) }],
  };

  const signature = { inputs: { price: port("x:0") }, outputs: { total: port("y:0") } };

  it("has the names that its signature gives", async () => {
    expect(await answer("named", { ...scale, signature }, { price: float32([1, 2]) })).toEqual(
      new Map([["total", float32([3, 6])]]),
    );
  });

  it("without a signature is called by its placeholders and by what nothing needs", async () => {
    expect(await answer("unnamed", scale, { x: float32([2]) })).toEqual(new Map([["y", float32([6])]]));
  });

  it.each<[string, object, Uint8Array | Uint16Array]>([
    ["uint8", { dtype: "uint8", min: -1, scale: 2 }, Uint8Array.of(2)],
    ["uint16", { dtype: "uint16", min: 1, scale: 0.5 }, Uint16Array.of(4)],
    ["float16", { dtype: "float16" }, Uint16Array.of(0x4200)],
  ])("has weights that are stored as %s", async (name, quantization, values) => {
    const weights = [{ name: "w", shape: [], dtype: "float32", values, quantization }];
    expect((await answer(`quantized-${name}`, { ...scale, weights }, { x: float32([2]) })).get("y")).toEqual(
      float32([6]),
    );
  });

  it("gives several outputs, of a node with several", async () => {
    const node = [
      placeholder("x"),
      constant("k", "DT_INT32"),
      { name: "top", op: "TopKV2", input: ["x", "k"], attr: { sorted: { b: true } } },
    ];
    const signature = {
      inputs: { x: port("x:0") },
      outputs: { best: port("top:0"), place: port("top:1", "DT_INT32") },
    };
    const weights = [{ name: "k", shape: [], dtype: "int32", values: Int32Array.of(2) }];
    const outputs = await answer("several", { node, signature, weights }, { x: float32([1, 9, 4]) });
    expect(outputs).toEqual(
      new Map([
        ["best", float32([9, 4])],
        ["place", int32([1, 2])],
      ]),
    );
  });

  it("branches by its functions", async () => {
    const define = (name: string, op: string) => ({
      signature: { name, inputArg: [{ name: "a", type: "DT_INT32" }], outputArg: [{ name: "r", type: "DT_INT32" }] },
      nodeDef: [{ name: "two", op, input: ["a", "a"] }],
      ret: { r: "two:z:0" },
    });
    const branches = { then_branch: { func: { name: "square" } }, else_branch: { func: { name: "double" } } };
    const node = [
      placeholder("x", "DT_INT32"),
      constant("zero", "DT_INT32"),
      { name: "positive", op: "Greater", input: ["x", "zero"] },
      { name: "y", op: "StatelessIf", input: ["positive", "x"], attr: branches },
    ];
    const parts = {
      node,
      library: { function: [define("square", "Mul"), define("double", "Add")] },
      weights: [{ name: "zero", shape: [], dtype: "int32", values: Int32Array.of(0) }],
      signature: { inputs: { x: port("x:0", "DT_INT32", []) }, outputs: { y: port("y:0", "DT_INT32", []) } },
    };
    const model = await load(await folder.write("functions", graphModelFiles(parts)));
    for (const [x, y] of [
      [3, 9],
      [-3, -6],
    ] as const) {
      const outputs = await run(model, DEFAULT_SIGNATURE, new Map([["x", int32([x], [])]]));
      expect(outputs.get("y")).toEqual(int32([y], []));
    }
  });

  it("loops as TensorFlow 1 does, and in a branch", async () => {
    const frame = { frame_name: { s: Buffer.from("loop").toString("base64") } };
    const node = [
      placeholder("n", "DT_INT32"),
      constant("zero", "DT_INT32"),
      constant("step", "DT_INT32"),
      { name: "enter", op: "Enter", input: ["zero"], attr: frame },
      { name: "limit", op: "Enter", input: ["n"], attr: { ...frame, is_constant: { b: true } } },
      { name: "by", op: "Enter", input: ["step"], attr: { ...frame, is_constant: { b: true } } },
      { name: "merge", op: "Merge", input: ["enter", "next"] },
      { name: "less", op: "Less", input: ["merge", "limit"] },
      { name: "cond", op: "LoopCond", input: ["less"] },
      { name: "switch", op: "Switch", input: ["merge", "cond"] },
      { name: "body", op: "Identity", input: ["switch:1"] },
      { name: "add", op: "Add", input: ["body", "by"] },
      { name: "next", op: "NextIteration", input: ["add"] },
      { name: "exit", op: "Exit", input: ["switch"] },
      { name: "large", op: "Greater", input: ["exit", "n"] },
      { name: "choice", op: "Switch", input: ["exit", "large"] },
      { name: "negative", op: "Neg", input: ["choice:1"] },
      { name: "y", op: "Merge", input: ["choice", "negative"] },
    ];
    const weights = [0, 4].map((value, index) => ({
      name: ["zero", "step"][index] as string,
      shape: [],
      dtype: "int32",
      values: Int32Array.of(value),
    }));
    const signature = { inputs: { n: port("n:0", "DT_INT32", []) }, outputs: { y: port("y:0", "DT_INT32", []) } };
    const model = await load(await folder.write("loop", graphModelFiles({ node, weights, signature })));
    const count = async (n: number) => (await run(model, DEFAULT_SIGNATURE, new Map([["n", int32([n], [])]]))).get("y");
    expect(await count(8)).toEqual(int32([8], []));
    expect(await count(9)).toEqual(int32([-12], []));
    expect(await count(0)).toEqual(int32([0], []));
  });

  it("looks up what its initializer has put into a table", async () => {
    const table = {
      name: "table",
      op: "HashTableV2",
      attr: { key_dtype: { type: "DT_STRING" }, value_dtype: { type: "DT_INT64" } },
    };
    const initializer = {
      node: [
        table,
        constant("keys", "DT_STRING"),
        constant("values", "DT_INT64"),
        { name: "fill", op: "LookupTableImportV2", input: ["table", "keys", "values"] },
      ],
    };
    const node = [
      placeholder("word", "DT_STRING"),
      placeholder("handle", "DT_RESOURCE"),
      constant("missing", "DT_INT64"),
      { name: "number", op: "LookupTableFindV2", input: ["handle", "word", "missing"] },
    ];
    const bytes = new Uint8Array([3, 0, 0, 0, 0x6f, 0x6e, 0x65, 3, 0, 0, 0, 0x74, 0x77, 0x6f]);
    const weights = [
      { name: "keys", shape: [2], dtype: "string", values: bytes },
      { name: "values", shape: [2], dtype: "int32", values: Int32Array.of(1, 2) },
      { name: "missing", shape: [], dtype: "int32", values: Int32Array.of(-1) },
    ];
    const signature = {
      inputs: { word: port("word:0", "DT_STRING"), handle: { ...port("handle:0", "DT_RESOURCE", []), resourceId: 7 } },
      outputs: { number: port("number:0", "DT_INT64") },
    };
    const others = {
      modelInitializer: initializer,
      initializerSignature: { outputs: { handle: { ...port("table:0", "DT_RESOURCE", []), resourceId: 7 } } },
    };
    const outputs = await answer("table", { node, weights, signature, others }, { word: strings(["two", "six"]) });
    expect(outputs.get("number")).toEqual({ dtype: "int64", shape: [2], data: BigInt64Array.of(2n, -1n) });
  });

  it.each<
    [string, (files: Record<string, string | Uint8Array>) => Record<string, string | Uint8Array>, string, RegExp]
  >([
    [
      "lacks its weights",
      ({ "model.json": json = "" }) => ({ "model.json": json }),
      "MODEL_FILE_INVALID",
      /"group1-shard1of1.bin" of its weights is not among/,
    ],
    [
      "has weights that are cut off",
      (files) => ({ ...files, "group1-shard1of1.bin": new Uint8Array(3) }),
      "MODEL_FILE_INVALID",
      /need 4 bytes, but group1-shard1of1.bin hold 3/,
    ],
    [
      "has weights elsewhere",
      (files) => edit(files, "group1-shard1of1.bin", "../../secret.bin"),
      "MODEL_FILE_INVALID",
      /secret.bin" of its weights is not among/,
    ],
    ["is no JSON", (files) => ({ ...files, "model.json": "{" }), "MODEL_FILE_INVALID", /model.json is no JSON/],
    [
      "has no topology",
      (files) => ({ ...files, "model.json": "{}" }),
      "MODEL_FILE_INVALID",
      /modelTopology is missing/,
    ],
    [
      "needs a node that is not there",
      (files) => edit(files, '"input":["x","w"]', '"input":["x","v"]'),
      "MODEL_FILE_INVALID",
      /no node "v"/,
    ],
    [
      "waits for itself",
      (files) => edit(files, '"input":["x","w"]', '"input":["x","y"]'),
      "MODEL_FILE_INVALID",
      /wait for each other/,
    ],
    [
      "gives nothing",
      () => graphModelFiles({ node: [placeholder("x"), constant("w")] }),
      "MODEL_FILE_INVALID",
      /has no outputs/,
    ],
    [
      "has an op that nobody has",
      (files) => edit(files, '"op":"Mul"', '"op":"DecodeWav"'),
      "MODEL_UNSUPPORTED",
      /DecodeWav \(node "y"\)/,
    ],
  ])("that %s is refused", async (name, damage, reason, message) => {
    const loading = load(
      await folder.write(name.replaceAll(" ", "-"), damage(graphModelFiles({ ...scale, signature }))),
    );
    await expect(loading).rejects.toMatchObject({ reason, message: expect.stringMatching(message) });
  });

  it("in the only folder of a version is found there", async () => {
    const files = graphModelFiles(scale);
    const nested = Object.fromEntries(Object.entries(files).map(([path, content]) => [`web_model/${path}`, content]));
    const model = await load(await folder.write("nested", nested));
    expect((await run(model, DEFAULT_SIGNATURE, new Map([["x", float32([1])]]))).get("y")).toEqual(float32([3]));
  });
});

it("what is no model of a known kind is not recognized", async () => {
  await writeFile(join(folder.path, "readme.txt"), "");
  expect(createBackend().recognizes(versionOf(folder.path).files.slice(0, 0))).toBe(false);
  expect(
    createBackend().recognizes([
      { path: "a/b/saved_model.pb", bytes: 1 },
      { path: "model.onnx", bytes: 1 },
    ]),
  ).toBe(false);
});

function edit(
  files: Record<string, string | Uint8Array>,
  from: string,
  to: string,
): Record<string, string | Uint8Array> {
  return { ...files, "model.json": String(files["model.json"]).replaceAll(from, to) };
}
