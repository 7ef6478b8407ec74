import type { NodeDef } from "@plinth/protobuf-messages/tensorflow/graph";
import { SavedModel as SavedModelProto } from "@plinth/protobuf-messages/tensorflow/saved_model";
import { readSavedModel } from "@plinth/saved-model";
import { describe, expect, it } from "vitest";
import { called, float, func, node, readWritten, refusalOf, saved, tensor, type WrittenModel } from "./model-writer.js";
import { TemporaryFolder } from "./temporary-folder.js";
import { written } from "./test-models.js";

const X = node("x", "Placeholder");
const INPUTS = { x: "x:0" };
const OUTPUTS = { y: "y:0" };

function serving(nodes: NodeDef[], more: Partial<WrittenModel> = {}): WrittenModel {
  return { nodes: [X, ...nodes], inputs: INPUTS, outputs: OUTPUTS, ...more };
}

function callOf(name: string, callee: string, input = ["x"]): NodeDef {
  return node(name, "PartitionedCall", input, { f: called(callee) });
}

/** Functions that each call the next twice, and the last of which does something. */
function doubling(levels: number): Partial<WrittenModel> {
  const functions = Array.from({ length: levels }, (_, level) =>
    func(`f${level}`, ["a"], { r: "second:output:0" }, [
      callOf("first", `f${level + 1}`, ["a"]),
      callOf("second", `f${level + 1}`, ["first:output:0"]),
    ]),
  );
  return { functions: [...functions, func(`f${levels}`, ["a"], { r: "n:y:0" }, [node("n", "Neg", ["a"])])] };
}

describe("a graph", () => {
  it.each<[what: string, model: WrittenModel, reason: string, message: RegExp]>([
    [
      "whose nodes wait for each other",
      serving([node("y", "Add", ["x", "z"]), node("z", "Neg", ["y"])]),
      "GRAPH_CYCLIC",
      /y needs z needs y/,
    ],
    ["whose node waits for itself", serving([node("y", "NoOp", ["^y"])]), "GRAPH_CYCLIC", /y needs y/],
    ["without a node that another needs", serving([node("y", "Neg", ["gone"])]), "GRAPH_INVALID", /no node gone/],
    ["without an output's node", serving([]), "GRAPH_INVALID", /no node y/],
    ["whose output is a node without outputs", serving([node("y", "NoOp")]), "GRAPH_INVALID", /output of node y/],
    ["whose input is no name", serving([node("y", "Neg", ["x:0:0:0"])]), "GRAPH_INVALID", /"x:0:0:0"/],
    ["that calls what it does not have", serving([callOf("y", "gone")]), "GRAPH_INVALID", /calls function gone/],
    [
      "that calls with too many inputs",
      serving([callOf("y", "f", ["x", "x"])], { functions: [func("f", ["a"], { r: "a" }, [])] }),
      "GRAPH_INVALID",
      /Expected 1 inputs for function f, its call gives 2/,
    ],
    [
      "with a function that calls itself",
      serving([callOf("y", "f")], { functions: [func("f", ["a"], { r: "c:output:0" }, [callOf("c", "f", ["a"])])] }),
      "FUNCTION_RECURSIVE",
      /f calls f/,
    ],
    [
      "with functions that call each other",
      serving([callOf("y", "f")], {
        functions: [
          func("f", ["a"], { r: "c:output:0" }, [callOf("c", "g", ["a"])]),
          func("g", ["a"], { r: "c:output:0" }, [callOf("c", "f", ["a"])]),
        ],
      }),
      "FUNCTION_RECURSIVE",
      /f calls g calls f/,
    ],
    ["with functions that become too much", serving([callOf("y", "f0")], doubling(40)), "TOO_LARGE", /maxNodes/],
    ["with functions that do nothing, too often", serving([callOf("y", "f0")], nothing(60)), "TOO_LARGE", /maxNodes/],
    [
      "whose function gives less than it says",
      serving([callOf("y", "f")], { functions: [func("f", ["a"], { r: "gone" }, [])] }),
      "GRAPH_INVALID",
      /no node y\/gone/,
    ],
    [
      "with a placeholder that nothing feeds",
      serving([node("y", "Add", ["x", "z"]), node("z", "Placeholder")]),
      "INPUT_NOT_FED",
      /Placeholder z/,
    ],
    [
      "with a constant of fewer bytes than its shape",
      serving([
        node("y", "Const", [], {
          value: { $case: "tensor", value: { ...tensor([], [4]), tensorContent: new Uint8Array(8) } },
        }),
      ]),
      "GRAPH_INVALID",
      /Expected 16 bytes for 4 elements of a constant, got 8/,
    ],
    [
      "with a constant of a negative size",
      serving([node("y", "Const", [], { value: { $case: "tensor", value: tensor([1], [-5]) } })]),
      "GRAPH_INVALID",
      /got -5/,
    ],
    [
      "with a constant of more values than its shape",
      serving([node("y", "Const", [], { value: { $case: "tensor", value: tensor([1, 2, 3], [2]) } })]),
      "GRAPH_INVALID",
      /Expected 8 bytes/,
    ],
    [
      "with one value for more elements than can be",
      serving([
        node("y", "Const", [], { value: { $case: "tensor", value: tensor([1], [2 ** 26, 2 ** 26, 2 ** 26]) } }),
      ]),
      "TOO_LARGE",
      /a size that can be/,
    ],
    [
      "with one value for more memory than is wanted",
      serving([node("y", "Const", [], { value: { $case: "tensor", value: tensor([1], [2 ** 30]) } })]),
      "TOO_LARGE",
      /maxExpandedBytes/,
    ],
    [
      "that gives a handle",
      serving([node("y", "VarHandleOp", [], { dtype: { $case: "type", value: 1 } })]),
      "UNSUPPORTED",
      /handle of y/,
    ],
    [
      "that chooses between variables",
      serving(
        [
          node("v", "VarHandleOp", []),
          node("w", "VarHandleOp", []),
          node("c", "If", ["x", "v", "w"], { then_branch: called("one"), else_branch: called("other") }),
          node("y", "ReadVariableOp", ["c"]),
        ],
        { functions: [func("one", ["a", "b"], { r: "a" }, []), func("other", ["a", "b"], { r: "b" }, [])] },
      ),
      "UNSUPPORTED",
      /chooses between variables/,
    ],
    ["with a loop without a body", serving([node("y", "While", ["x"])]), "GRAPH_INVALID", /attribute cond of node y/],
    [
      "with a table whose file is none of its assets",
      serving(
        [
          node("t", "HashTableV2", []),
          node("file", "Const", [], {
            value: { $case: "tensor", value: { ...tensor([], []), dtype: 7, stringVal: [Buffer.from("/etc/passwd")] } },
          }),
          node("init", "InitializeTableFromTextFileV2", ["t", "file"]),
          node("y", "LookupTableFindV2", ["t", "x", "x"]),
        ],
        { initialiser: "init" },
      ),
      "ASSET_INVALID",
      /file of table t/,
    ],
  ])("%s is refused", async (_, model, reason, message) => {
    expect(await refusalOf(model, { limits: { maxNodes: 5000 } })).toMatchObject({
      reason,
      message: expect.stringMatching(message),
    });
  });

  it.each(["../outside.txt", "/etc/passwd", "a/../../b", "C:\\boot.ini", "..\\x", "", "a\0b"])(
    "whose asset is %j is refused",
    async (filename) => {
      const model = serving([node("y", "Neg", ["x"])], { assets: [{ tensor: "x:0", filename }] });
      expect(await refusalOf(model)).toMatchObject({ reason: "ASSET_INVALID" });
    },
  );

  it("may have a function that comes around to itself in a branch", async () => {
    const { signatures } = await readWritten(
      serving([callOf("y", "f")], {
        functions: [
          func("f", ["a"], { r: "c:output:0" }, [
            node("c", "If", ["a", "a"], { then_branch: called("again"), else_branch: called("end") }),
          ]),
          func("again", ["a"], { r: "c:output:0" }, [callOf("c", "f", ["n:y:0"]), node("n", "Neg", ["a"])]),
          func("end", ["a"], { r: "a" }, []),
        ],
      }),
    );
    const functions = signatures.get("serving_default")?.functions;
    const again = functions?.get("y/c/then_branch");
    expect(again?.nodes.filter(({ op }) => op === "If").map(({ attributes }) => attributes.get("then_branch"))).toEqual(
      [{ kind: "function", value: "y/c/then_branch" }],
    );
  });

  it("may have a node in a place of another name's", async () => {
    const { signatures } = await readWritten(
      serving([node("y", "Add", ["c", "c/n"]), callOf("c", "f0"), node("c/n", "Neg", ["x"])], doubling(0)),
    );
    expect(signatures.get("serving_default")?.nodes.map(written)).toEqual([
      "x = Placeholder()",
      "c/n = Neg(x:0)",
      "c/n_1 = Neg(x:0)",
      "y = Add(c/n:0, c/n_1:0)",
    ]);
  });

  it("keeps its other signatures where one is refused", async () => {
    const model = SavedModelProto.decode(saved(serving([node("y", "Neg", ["x"])])));
    const signatures = model.metaGraphs[0]?.signatureDef;
    const good = signatures?.get("serving_default");
    if (good !== undefined) signatures?.set("bad", { ...good, inputs: new Map() });
    const read = await readWritten(SavedModelProto.encode(model).finish());
    expect([...read.signatures.keys()]).toEqual(["serving_default"]);
    expect([...read.refused].map(([name, { reason }]) => [name, reason])).toEqual([["bad", "INPUT_NOT_FED"]]);
  });

  it("of a long chain of nodes is read, calls inside one another too", async () => {
    const chain = Array.from({ length: 5000 }, (_, index) =>
      node(`n${index}`, "Neg", [index === 0 ? "x" : `n${index - 1}`]),
    );
    const { signatures } = await readWritten(serving([...chain, node("y", "Identity", ["n4999"])]));
    expect(signatures.get("serving_default")?.nodes).toHaveLength(5001);
    const deep = Array.from({ length: 150 }, (_, level) =>
      func(`f${level}`, ["a"], { r: "c:output:0" }, [callOf("c", `f${level + 1}`, ["a"])]),
    );
    const end = func("f150", ["a"], { r: "a" }, []);
    expect(await refusalOf(serving([callOf("y", "f0")], { functions: [...deep, end] }))).toMatchObject({
      reason: "TOO_DEEP",
    });
  });
});

function nothing(levels: number): Partial<WrittenModel> {
  const functions = Array.from({ length: levels }, (_, level) =>
    func(
      `f${level}`,
      ["a"],
      { r: "a" },
      [callOf("first", `f${level + 1}`, ["a"]), callOf("second", `f${level + 1}`, ["a"])],
      ["first", "second"],
    ),
  );
  return { functions: [...functions, func(`f${levels}`, ["a"], { r: "a" }, [])] };
}

describe("a file", () => {
  it.each<[what: string, bytes: Uint8Array, reason: string, message: RegExp]>([
    ["of nothing", new Uint8Array(0), "TAGS_NOT_FOUND", /got none/],
    ["of text", Buffer.from("not a model at all"), "FILE_INVALID", /saved_model.pb is cut off or damaged/],
    [
      "that is cut off",
      saved(serving([node("y", "Neg", ["x"])])).subarray(0, -7),
      "FILE_INVALID",
      /length past the end/,
    ],
    ["with a number where a message is", Uint8Array.of(0x10, 0x01), "FILE_INVALID", /wire type 0 where 2 is/],
    ["with field 0", Uint8Array.of(0x00, 0x01), "FILE_INVALID", /field of number 0/],
    [
      "with a number without an end",
      Uint8Array.of(0x08, ...new Array<number>(11).fill(0xff)),
      "FILE_INVALID",
      /ten bytes/,
    ],
  ])("%s is refused", async (_, bytes, reason, message) => {
    expect(await refusalOf(bytes)).toMatchObject({ reason, message: expect.stringMatching(message) });
  });

  it("past the largest size is refused before it is read", async () => {
    const model = serving([node("y", "Const", [], { value: float(1) })]);
    expect(await refusalOf(model, { limits: { maxGraphBytes: 10 } })).toMatchObject({ reason: "TOO_LARGE" });
  });

  it("in text format is told", async () => {
    await using folder = await TemporaryFolder.create({
      "saved_model.pbtxt": Buffer.from("saved_model_schema_version: 1"),
    });
    await expect(readSavedModel(folder.path)).rejects.toMatchObject({
      reason: "UNSUPPORTED",
      message: expect.stringMatching(/text format/),
    });
  });
});
