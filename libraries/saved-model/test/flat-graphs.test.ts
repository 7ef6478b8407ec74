import type { NodeDef } from "@plinth/protobuf-messages/tensorflow/graph";
import type { GraphNode, ModelSignature, SavedModel } from "@plinth/saved-model";
import { describe, expect, it } from "vitest";
import { bundle, floats } from "./checkpoint/bundle-writer.js";
import { called, float, func, node, readWritten, type WrittenModel } from "./model-writer.js";
import { written } from "./test-models.js";

const FLOAT = { $case: "type", value: 1 } as const;
const X = node("x", "Placeholder", [], { dtype: FLOAT });
const VARIABLE = node("v", "VarHandleOp", [], { dtype: FLOAT });
const REFERENCE = node("v", "VariableV2", [], { dtype: FLOAT });

/** The checkpoint holds 7 for `v`. */
const FILES = bundle({ v: { dataType: 1, shape: [], bytes: floats(7) } });

function read(nodes: NodeDef[], more: Partial<WrittenModel> = {}): Promise<SavedModel> {
  return readWritten({ nodes: [X, ...nodes], inputs: { x: "x:0" }, outputs: { y: "y:0" }, ...more }, {}, FILES);
}

async function signature(nodes: NodeDef[], more: Partial<WrittenModel> = {}): Promise<ModelSignature> {
  const { signatures } = await read(nodes, more);
  return signatures.get("serving_default") as ModelSignature;
}

async function lines(nodes: NodeDef[], more: Partial<WrittenModel> = {}): Promise<readonly string[]> {
  return (await signature(nodes, more)).nodes.map(written);
}

function attributeOf(nodes: readonly GraphNode[], name: string, attribute: string): unknown {
  return nodes.find((each) => each.name === name)?.attributes.get(attribute)?.value;
}

describe("what a function gave", () => {
  it("is found by the name of an op's output, where the model describes the op or TensorFlow's own list does", async () => {
    const inside = [
      node("top", "TopKV2", ["a", "a"]),
      node("parts", "SparseSplit", ["a", "a", "a", "a"], { num_split: { $case: "i", value: 2n } }),
      node("sum", "AddN", ["top:indices:0", "parts:output_values:1", "parts:output_shape:0"]),
    ];
    const body = func("f", ["a"], { r: "sum:sum:0" }, inside);
    expect(await lines([node("y", "PartitionedCall", ["x"], { f: called("f") })], { functions: [body] })).toEqual([
      "x = Placeholder()",
      "y/top = TopKV2(x:0, x:0)",
      "y/parts = SparseSplit(x:0, x:0, x:0, x:0)",
      "y/sum = AddN(y/top:1, y/parts:3, y/parts:4)",
    ]);
  });

  it("may be another function's, called by its name, with attributes of the call", async () => {
    const typed = node("n", "Neg", ["a"], { T: { $case: "placeholder", value: "T" } });
    const { nodes } = await signature([node("y", "f", ["x"], { T: FLOAT })], {
      functions: [func("f", ["a"], { r: "n:y:0" }, [typed])],
    });
    expect(nodes.map(written)).toEqual(["x = Placeholder()", "y/n = Neg(x:0)"]);
    expect(attributeOf(nodes, "y/n", "T")).toBe("float32");
  });

  it("comes after what the function does, also where the function does not say so", async () => {
    const body = func("f", ["a"], { r: "a" }, [node("told", "PrintV2", ["a"])]);
    const call = node("c", "StatefulPartitionedCall", ["x"], { f: called("f") });
    expect(await lines([call, node("y", "Neg", ["c"])], { functions: [body] })).toEqual([
      "x = Placeholder()",
      "c/told = PrintV2(x:0)",
      "c/result_0 = Identity(x:0) after c/told",
      "y = Neg(c/result_0:0)",
    ]);
  });
});

describe("waiting", () => {
  it("goes where it is for nothing that could be seen", async () => {
    const nodes = [
      node("a", "Neg", ["x"]),
      node("b", "NoOp", ["^a"]),
      node("c", "Identity", ["x", "^b"]),
      node("y", "Neg", ["c", "^a"]),
    ];
    expect(await lines(nodes)).toEqual(["x = Placeholder()", "y = Neg(x:0)"]);
  });

  it("is for the effect itself, through whatever waited for it", async () => {
    const nodes = [
      node("told", "PrintV2", ["x"]),
      node("b", "NoOp", ["^told"]),
      node("c", "Identity", ["x", "^b"]),
      node("d", "Neg", ["c"]),
      node("y", "Neg", ["d", "^b"]),
    ];
    expect(await lines(nodes)).toEqual([
      "x = Placeholder()",
      "told = PrintV2(x:0)",
      "c = Identity(x:0) after told",
      "d = Neg(c:0)",
      "y = Neg(d:0)",
    ]);
  });

  it("is for many effects at once by one node", async () => {
    const told = Array.from({ length: 20 }, (_, index) => node(`told${index}`, "PrintV2", ["x"]));
    const all = await lines([...told, node("y", "Neg", ["x", ...told.map(({ name }) => `^${name}`)])]);
    expect(all.at(-2)).toMatch(/^told0\/and_others = NoOp\(\) after told0, told1, .*, told19$/);
    expect(all.at(-1)).toBe("y = Neg(x:0) after told0/and_others");
  });

  it("stays where it decides whether a node runs at all", async () => {
    const nodes = [
      node("s", "Switch", ["x", "x"]),
      node("t", "Identity", ["s:1"]),
      node("one", "Const", ["^t"], { value: float(1) }),
      node("y", "Merge", ["one", "s"]),
    ];
    expect(await lines(nodes)).toEqual([
      "x = Placeholder()",
      "s = Switch(x:0, x:0)",
      "t = Identity(s:1)",
      "one = Const() after t",
      "y = Merge(one:0, s:0)",
    ]);
  });
});

describe("a variable", () => {
  it.each([
    ["read", [node("y", "ReadVariableOp", ["v"])], ["v = Const()"]],
    [
      "whose rows are taken",
      [node("y", "ResourceGather", ["v", "x"])],
      ["v = Const()", "y/axis = Const()", "y = GatherV2(v:0, x:0, y/axis:0)"],
    ],
    [
      "whose elements are taken",
      [node("y", "ResourceGatherNd", ["v", "x"])],
      ["v = Const()", "y = GatherNd(v:0, x:0)"],
    ],
    ["whose shape is asked for", [node("y", "VariableShape", ["v"])], ["v = Const()", "y = Shape(v:0)"]],
    ["that is asked whether it is there", [node("y", "VarIsInitializedOp", ["v"])], ["y = Const()"]],
  ])("%s is a constant", async (_, nodes, expected) => {
    expect((await lines([VARIABLE, ...nodes])).slice(1)).toEqual(expected);
  });

  it("of TensorFlow 1 is read where its value is taken", async () => {
    expect(await lines([REFERENCE, node("y", "Add", ["x", "v"])])).toEqual([
      "x = Placeholder()",
      "v = Const()",
      "y = Add(x:0, v:0)",
    ]);
    const changing = [REFERENCE, node("a", "AssignAdd", ["v", "x"]), node("y", "Add", ["a", "v", "^a"])];
    expect(await lines(changing)).toEqual([
      "x = Placeholder()",
      "v = VarHandleOp()",
      "a = AssignAddVariableOp(v:0, x:0)",
      "y/0/read = ReadVariableOp(v:0) after a",
      "y/1/read = ReadVariableOp(v:0) after a",
      "y = Add(y/0/read:0, y/1/read:0)",
    ]);
  });

  it("of TensorFlow 1 that is changed in a branch goes there as a handle", async () => {
    const nodes = [
      REFERENCE,
      node("s", "RefSwitch", ["v", "x"], { T: FLOAT }),
      node("a", "AssignAdd", ["s:1", "x"], { T: FLOAT }),
      node("r", "Switch", ["v", "x"], { T: FLOAT }),
      node("y", "Merge", ["r", "a"]),
    ];
    const { nodes: flat } = await signature(nodes);
    expect(flat.map(written)).toEqual([
      "x = Placeholder()",
      "v = VarHandleOp()",
      "r/0/read = ReadVariableOp(v:0)",
      "r = Switch(r/0/read:0, x:0)",
      "s = Switch(v:0, x:0)",
      "a = AssignAddVariableOp(s:1, x:0)",
      "y/1/read = ReadVariableOp(s:1) after a",
      "y = Merge(r:0, y/1/read:0)",
    ]);
    expect([attributeOf(flat, "s", "T"), attributeOf(flat, "r", "T")]).toEqual(["resource", "float32"]);
  });

  it("that enters a loop is a constant that enters it", async () => {
    const nodes = [
      VARIABLE,
      node("e", "Enter", ["v"], { T: { $case: "type", value: 20 } }),
      node("y", "ReadVariableOp", ["e"]),
    ];
    const { nodes: flat } = await signature(nodes);
    expect(flat.map(written)).toEqual(["x = Placeholder()", "v = Const()", "e = Enter(v:0)", "y = Identity(e:0)"]);
    expect(attributeOf(flat, "e", "T")).toBe("float32");
  });

  it("begins with what the model works out where nothing else gives it a value", async () => {
    const nodes = [
      node("w", "VarHandleOp", [], { dtype: FLOAT }),
      node("two", "Const", [], { value: float(2), dtype: FLOAT }),
      VARIABLE,
      node("r", "ReadVariableOp", ["v"]),
      node("m", "Mul", ["two", "r"]),
      node("init", "AssignVariableOp", ["w", "m"]),
      node("y", "ReadVariableOp", ["w"]),
    ];
    const { resources, signatures } = await read(nodes, { initialiser: "init" });
    expect(signatures.get("serving_default")?.nodes.map(written)).toEqual([
      "x = Placeholder()",
      "w = VarHandleOp()",
      "y = ReadVariableOp(w:0)",
    ]);
    const initial = resources.get("variable:w");
    const value = initial?.kind === "variable" ? initial.initial : undefined;
    expect(value?.kind === "computed" && [value.tensor, value.graph.nodes.map(written)]).toEqual([
      "m:0",
      ["two = Const()", "v = Const()", "m = Mul(two:0, v:0)"],
    ]);
  });

  it("that nothing gives a value is told", async () => {
    const nodes = [node("w", "VarHandleOp", []), node("y", "ReadVariableOp", ["w"])];
    await expect(read(nodes)).rejects.toMatchObject({
      reason: "VARIABLE_MISSING",
      message: expect.stringContaining("variable w"),
    });
  });
});

describe("an input", () => {
  it("may be any tensor of the graph, and what made that tensor is not needed then", async () => {
    const nodes = [node("gone", "Placeholder"), node("p", "ParseExample", ["gone"]), node("y", "Neg", ["p:1"])];
    expect(await lines(nodes, { inputs: { x: "p:1" } })).toEqual(["p_1 = Placeholder()", "y = Neg(p_1:0)"]);
  });

  it("is there also where nothing needs it, and may be an output as it came", async () => {
    const { nodes, outputs } = await signature([node("y", "Identity", ["x"])]);
    expect([nodes.map(written), outputs[0]?.tensor]).toEqual([["x = Placeholder()"], "x:0"]);
  });

  it("has a default of its own where a node gives it one and nothing feeds it", async () => {
    const nodes = [
      node("c", "Const", [], { value: float(1) }),
      node("d", "PlaceholderWithDefault", ["c"]),
      node("y", "Neg", ["d"]),
    ];
    expect(await lines(nodes)).toEqual(["x = Placeholder()", "c = Const()", "y = Neg(c:0)"]);
    expect(await lines(nodes, { inputs: { x: "d:0" } })).toEqual(["d = Placeholder()", "y = Neg(d:0)"]);
  });
});
