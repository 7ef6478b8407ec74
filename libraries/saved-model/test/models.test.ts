import { join } from "node:path";
import { SavedModel as SavedModelProto } from "@plinth/protobuf-messages/tensorflow/saved_model";
import {
  type ConstantTensor,
  type GraphNode,
  type ModelSignature,
  readSavedModel,
  type SavedModel,
} from "@plinth/saved-model";
import { describe, expect, it } from "vitest";
import { TemporaryFolder } from "./temporary-folder.js";
import { faultsOf, filesOf, MODEL_NAMES, nodesOf, versionOf, written } from "./test-models.js";

async function read(model: string, options: Parameters<typeof readSavedModel>[1] = {}): Promise<SavedModel> {
  return readSavedModel(versionOf(model), options);
}

function signatureOf(model: SavedModel, name = "serving_default"): ModelSignature {
  const signature = model.signatures.get(name);
  if (signature === undefined) throw new Error(`no signature ${name}, only ${[...model.signatures.keys()]}`);
  return signature;
}

/** A tensor's values as people write them. */
function valuesOf(tensor: ConstantTensor | undefined): readonly unknown[] {
  if (tensor === undefined) return [];
  if (tensor.dtype === "string") return tensor.strings.map((each) => Buffer.from(each).toString());
  const bytes = Uint8Array.from(tensor.bytes).buffer;
  if (tensor.dtype === "float32") return [...new Float32Array(bytes)];
  if (tensor.dtype === "int32") return [...new Int32Array(bytes)];
  return [...new BigInt64Array(bytes)].map(Number);
}

function constantOf(nodes: readonly GraphNode[], name: string): readonly unknown[] {
  const value = nodes.find((node) => node.name.endsWith(name) && node.op === "Const")?.attributes.get("value");
  return valuesOf(value?.kind === "tensor" ? value.value : undefined);
}

function functionNames({ functions }: ModelSignature): readonly string[] {
  return [...functions.keys()].map((name) => name.split("/").slice(-2).join("/"));
}

describe.each(MODEL_NAMES)("%s", (name) => {
  it("is read without faults", async () => {
    const { signatures, callables, refused } = await read(name, { callables: true });
    expect([...refused]).toEqual([]);
    const graphs = [...signatures.values(), ...callables.map(({ signature }) => signature)];
    expect(graphs.length).toBeGreaterThan(0);
    expect(graphs.flatMap(faultsOf)).toEqual([]);
  });

  it("is read the same each time", async () => {
    expect(await read(name)).toEqual(await read(name));
  });

  it("lists the ops of each signature with the names of their nodes", async () => {
    for (const signature of (await read(name)).signatures.values()) {
      const listed = [...signature.ops].flatMap(([op, names]) => names.map((each) => `${each} ${op}`));
      expect(listed.sort()).toEqual(
        nodesOf(signature)
          .map((node) => `${node.name} ${node.op}`)
          .sort(),
      );
      expect([...signature.ops.keys()]).toEqual([...signature.ops.keys()].sort());
    }
  });
});

describe("a model of TensorFlow 2", () => {
  it("says who wrote it, and which one it is", async () => {
    const { tags, tensorflowVersion, fingerprint } = await read("affine");
    expect({ tags, tensorflowVersion }).toEqual({ tags: ["serve"], tensorflowVersion: "2.21.0" });
    expect(fingerprint).toMatchObject({ uuid: expect.stringMatching(/^\d+$/), checkpointHash: expect.any(BigInt) });
  });

  it("has inputs and outputs in the order of their names, with defaults", async () => {
    const { method, inputs, outputs } = signatureOf(await read("affine"));
    expect(method).toBe("tensorflow/serving/predict");
    expect(inputs.map(({ name, dtype, shape }) => [name, dtype, shape])).toEqual([
      ["scale", "float32", []],
      ["x", "float32", [-1, 2]],
    ]);
    expect(inputs.map((input) => valuesOf(input.default))).toEqual([[2], []]);
    expect(outputs).toMatchObject([
      { name: "y", dtype: "float32", shape: [-1, 2], savedName: "StatefulPartitionedCall_1:0" },
    ]);
  });

  it("has constants for variables, in branches too, and the same object for the same variable", async () => {
    const model = await read("affine");
    const [weight, inBranch] = [signatureOf(model), signatureOf(model, "choose")].map((signature) => {
      const node = nodesOf(signature).find(
        ({ name, op }) => op === "Const" && name.split("/").at(-1)?.startsWith("weight"),
      );
      return node?.attributes.get("value");
    });
    expect(weight?.kind === "tensor" && valuesOf(weight.value)).toEqual([1, -2, 0.5, 3]);
    expect(inBranch?.value).toBe(weight?.value);
    expect(model.resources.size).toBe(0);
  });

  it("passes to branches what they cannot know", async () => {
    const { nodes, functions } = signatureOf(await read("affine"), "choose");
    const branch = nodes.find(({ op }) => op === "If");
    expect(branch?.inputs).toHaveLength(2);
    expect([...functions.values()].map(({ inputs }) => inputs.map(({ dtype }) => dtype))).toEqual([
      ["float32"],
      ["float32"],
    ]);
    expect(branch?.attributes.get("Tin")).toEqual({ kind: "list", value: [{ kind: "type", value: "float32" }] });
  });

  it("checks assertions before its output, or drops them where that is asked for", async () => {
    const kept = signatureOf(await read("affine"));
    const output = kept.nodes.find(({ name }) => `${name}:0` === kept.outputs[0]?.tensor);
    const guard = kept.nodes.find(({ op }) => op === "If");
    expect(output?.controlInputs).toEqual([guard?.name]);
    const dropped = signatureOf(await read("affine", { assertions: "drop" }));
    expect([...dropped.ops.keys()]).toEqual(["AddV2", "Const", "MatMul", "Mul", "Placeholder"]);
  });

  it("keeps the order of what changes and reads a variable", async () => {
    const { nodes, outputs } = signatureOf(await read("counter"), "add");
    const named = (tensor: string | undefined): string => tensor?.split("/").at(-1) ?? "";
    const short = nodes.map((node) => written(node).replaceAll("StatefulPartitionedCall/StatefulPartitionedCall/", ""));
    expect(short.filter((line) => line.includes("Variable") && !line.includes("VarHandle"))).toEqual([
      "Read/ReadVariableOp = ReadVariableOp(total:0)",
      "AssignAddVariableOp = AssignAddVariableOp(total:0, mul:0) after Read/ReadVariableOp",
      "Read_1/ReadVariableOp = ReadVariableOp(total:0) after AssignAddVariableOp",
      "AssignAddVariableOp_1 = AssignAddVariableOp(total:0, step:0) after Read_1/ReadVariableOp",
      "Read_2/ReadVariableOp = ReadVariableOp(total:0) after AssignAddVariableOp_1",
      "Identity_4 = Identity(Read/ReadVariableOp:0) after Read_2/ReadVariableOp",
      "Identity_5 = Identity(Read_1/ReadVariableOp:0) after Read_2/ReadVariableOp",
    ]);
    expect(outputs.map(({ name, tensor }) => [name, named(tensor)])).toEqual([
      ["after", "ReadVariableOp:0"],
      ["before", "Identity_4:0"],
      ["between", "Identity_5:0"],
    ]);
  });

  it("shares what changes between signatures, and makes constants of the rest", async () => {
    const model = await read("counter");
    expect([...model.resources.keys()]).toEqual(["variable:total"]);
    const total = model.resources.get("variable:total");
    expect(total).toMatchObject({ kind: "variable", dtype: "float32", shape: [] });
    expect(total?.kind === "variable" && total.initial?.kind === "constant" && valuesOf(total.initial.tensor)).toEqual([
      10,
    ]);
    expect(constantOf(signatureOf(model, "add").nodes, "step")).toEqual([1]);
    for (const signature of model.signatures.values()) {
      const handles = nodesOf(signature).filter(({ op }) => op === "VarHandleOp");
      expect(handles.map(({ resource }) => resource)).toEqual(handles.map(() => "variable:total"));
    }
  });

  it("runs a loop that changes a variable though no output needs it", async () => {
    const { nodes, functions, outputs } = signatureOf(await read("counter"), "loop");
    const output = nodes.find(({ name }) => `${name}:0` === outputs[0]?.tensor);
    expect(output?.controlInputs.map((name) => nodes.find((node) => node.name === name)?.op)).toEqual(["While"]);
    const body = [...functions.values()].find(({ name }) => name.endsWith("/body"));
    expect(body?.controlOutputs).toHaveLength(1);
  });

  it("leaves a signature that was not asked for out, and its variables with it", async () => {
    const { signatures, resources } = await read("counter", { signatures: ["get", "no such"] });
    expect([...signatures.keys()]).toEqual(["get"]);
    expect([...resources]).toEqual([]);
  });

  it("has functions for loops and branches, inner ones first", async () => {
    const signature = signatureOf(await read("loops"));
    expect(functionNames(signature)).toEqual([
      "while/cond",
      "cond/then_branch",
      "cond/else_branch",
      "while/body",
      "while_1/cond",
      "while_1/body",
      "indexed_case/branch_0",
      "indexed_case/branch_1",
      "indexed_case/branch_2",
    ]);
    const places = signature.outputs
      .filter(({ name }) => name === "place" || name === "top")
      .map(({ tensor }) => tensor.slice(-11));
    expect(places).toEqual(["/TopKV2:1", "/TopKV2:0"].map((end) => expect.stringContaining(end)));
  });

  it("has tables with their entries, from constants, text files and the checkpoint", async () => {
    const { resources } = await read("tables");
    const entries = [...resources.values()].map((resource) => {
      if (resource.kind !== "table" || resource.entries === undefined) return undefined;
      const { keys, values } = resource.entries;
      if (keys.kind !== "constant" || values.kind !== "constant") return undefined;
      const pairs = valuesOf(keys.tensor).map((key, index): [string, unknown] => [
        String(key),
        valuesOf(values.tensor)[index],
      ]);
      return [resource.op, Object.fromEntries(pairs)];
    });
    expect(
      Object.fromEntries(
        entries.map((entry) => [String(entry?.[0]) + Object.keys(entry?.[1] ?? {}).length, entry?.[1]]),
      ),
    ).toEqual({
      MutableHashTableV22: { ada: 36, alan: 41 },
      HashTableV23: { red: 0, green: 1, blue: 2 },
    });
    const all = entries.map((entry) => entry?.[1]);
    expect(all).toContainEqual({ one: 1, two: 2, three: 3 });
    expect(constantOf(signatureOf(await read("tables")).nodes, "names")).toEqual(["x", "", "été"]);
  });
});

describe("a module without signatures", () => {
  it("has callables, those that are not for training first", async () => {
    const { signatures, callables } = await read("hub_module");
    expect(signatures.size).toBe(0);
    expect(
      callables.map(({ name, fixedArguments, signature: { inputs, outputs } }) => [
        name,
        Object.fromEntries(fixedArguments),
        inputs.map((input) => `${input.name} ${input.dtype}`),
        outputs.map((output) => `${output.name} ${output.dtype}`),
      ]),
    ).toEqual([
      ["__call__", { training: false }, ["inputs float32"], ["output_0 float32"]],
      ["encode", {}, ["features_scale float32", "features_words string"], ["code float32", "words string"]],
      ["__call__", { training: true }, ["inputs float32"], ["output_0 float32"]],
    ]);
  });

  it("tells variables of one name apart", async () => {
    const { callables } = await read("hub_module");
    const constants = (callables[0]?.signature.nodes ?? []).filter(
      ({ name, op }) => op === "Const" && name.startsWith("kernel"),
    );
    const values = constants.map(({ attributes }) => attributes.get("value"));
    expect(values.map((value) => (value?.kind === "tensor" ? valuesOf(value.value) : []))).toEqual([
      [1, 2, 3, 4],
      [-1, 2],
    ]);
  });

  it("is without callables where they are not wanted", async () => {
    expect((await read("hub_module", { callables: false })).callables).toEqual([]);
  });
});

describe("a model of TensorFlow 1", () => {
  it("is chosen by its tags", async () => {
    expect([...(await read("classic", { tags: ["other", "serve"] })).signatures.keys()]).toEqual(["other"]);
    await expect(read("classic", { tags: ["other"] })).rejects.toMatchObject({
      reason: "TAGS_NOT_FOUND",
      message: "Expected a graph of tags [other] in saved_model.pb, got [serve], [serve, other]",
    });
  });

  it("has its partitioned variable as it was partitioned", async () => {
    const { nodes } = signatureOf(await read("classic"), "rows");
    const parts = ["embedding/part_0", "embedding/part_1", "embedding/part_2"].map((name) => constantOf(nodes, name));
    expect(parts.map((values) => values.length)).toEqual([12, 9, 9]);
    expect(parts.flat()).toEqual(Array.from({ length: 30 }, (_, index) => index));
  });

  it("has variables that change as handles", async () => {
    const model = await read("classic");
    const lines = signatureOf(model, "count")
      .nodes.filter(({ name }) => /^(counted|AssignAdd)/.test(name))
      .map(written);
    expect(lines).toEqual([
      "counted = VarHandleOp()",
      "AssignAdd = AssignAddVariableOp(counted:0, Sum:0)",
      "AssignAdd/0/read = ReadVariableOp(counted:0) after AssignAdd",
    ]);
  });

  it("takes an input's own default where that input is none of a signature", async () => {
    const { inputs, nodes } = signatureOf(await read("classic"), "default_rows");
    expect(inputs).toEqual([]);
    expect(constantOf(nodes, "index/input").length + constantOf(nodes, "Const").length).toBeGreaterThan(0);
  });

  it("reads columns of its assets", async () => {
    const { resources } = await read("classic");
    const table = [...resources.values()].find((resource) => resource.kind === "table");
    const entries = table?.kind === "table" ? table.entries : undefined;
    expect(
      [entries?.keys, entries?.values].map((value) => (value?.kind === "constant" ? valuesOf(value.tensor) : [])),
    ).toEqual([
      ["apple", "banana", "cherry"],
      [0.5, 1.5, 2.5],
    ]);
  });
});

describe("a Hub module of TensorFlow 1", () => {
  it("has no tags, and says neither how it is restored nor how it is initialised", async () => {
    const files = filesOf("classic");
    const model = SavedModelProto.decode(files["saved_model.pb"] as Uint8Array);
    const [graph] = model.metaGraphs;
    if (graph?.metaInfoDef === undefined) throw new Error("no graph");
    graph.metaInfoDef.tags = [];
    graph.saverDef = undefined;
    graph.collectionDef.delete("saved_model_main_op");
    await using folder = await TemporaryFolder.create({
      ...files,
      "saved_model.pb": SavedModelProto.encode({ ...model, metaGraphs: [graph] }).finish(),
    });
    const { tags, signatures, resources, refused } = await readSavedModel(folder.path);
    expect([tags, [...refused]]).toEqual([[], []]);
    expect([...signatures.values()]).toEqual([...(await read("classic")).signatures.values()]);
    expect([...resources.keys()]).toEqual([...(await read("classic")).resources.keys()]);
  });
});

describe("a folder", () => {
  it.each([
    ["that is not there", "no such folder", "FILE_MISSING"],
    ["without a model", join("affine", "1", "variables"), "FILE_MISSING"],
  ])("%s is told", async (_, folder, reason) => {
    await expect(readSavedModel(join(versionOf(""), "..", folder))).rejects.toMatchObject({
      name: "SavedModelError",
      reason,
    });
  });

  it("is not read on once that was aborted", async () => {
    const reason = new Error("no longer wanted");
    await expect(read("affine", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
