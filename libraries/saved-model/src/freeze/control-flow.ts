import { elementTypeOf } from "../element-type.js";
import type { Attribute } from "../graph.js";
import type { SavedNode } from "../messages/graph-message.js";
import { SavedModelError } from "../saved-model-error.js";
import { BodyBuilder } from "./body-builder.js";
import type { Inliner } from "./inliner.js";
import { valuesOf } from "./references.js";
import type { Scope } from "./scope.js";
import type { HandleValue, Produced, Value } from "./value.js";

/** A branch or loop body that became a function of the flat graph. */
interface Built {
  readonly name: string;
  /** `undefined` while it is being built: it comes around to itself. */
  outputs: readonly Value[] | undefined;
}

/**
 * Makes functions of branches and loops. Handles that are passed into them are known in them, and no longer passed: a variable that nothing
 * changes is a constant there too.
 */
export class ControlFlow {
  readonly #inliner: Inliner;
  readonly #built = new Map<string, Built>();

  constructor(inliner: Inliner) {
    this.#inliner = inliner;
  }

  /** `If` and `Case`: the first input chooses. */
  conditional(scope: Scope, node: SavedNode): Produced {
    const attributes = this.#inliner.model.attributes(node, scope.options.attributes);
    const [selector, ...values] = this.#plainValues(scope, node);
    if (selector?.kind !== "tensor") throw invalid(node, "a tensor to choose by as its first input");
    const branches = branchNames(node, attributes);
    const types = listOf(attributes, "Tin");
    const built = branches.map(([attribute, name]) => this.#function(scope, node, attribute, name, values, types));
    const outputs = this.#commonOutputs(node, built, listOf(attributes, "Tout"));
    const changed = new Map(attributes);
    const functions = built.map(({ name }) => asFunction(name));
    if (node.op.endsWith("Case")) changed.set("branches", { kind: "list", value: functions });
    else for (const [index, [attribute]] of branches.entries()) changed.set(attribute, functions[index] as Attribute);
    keepInLists(changed, ["Tin"], values.map(isTensor));
    keepInLists(
      changed,
      ["Tout", "output_shapes"],
      outputs.map((output) => output === undefined),
    );
    return this.#emit(scope, node, changed, [selector, ...values.filter(isTensor)], outputs);
  }

  /** `While`: the condition and the body take all inputs, which are also the outputs. */
  loop(scope: Scope, node: SavedNode): Produced {
    const attributes = this.#inliner.model.attributes(node, scope.options.attributes);
    const values = this.#plainValues(scope, node);
    const types = listOf(attributes, "T");
    const condition = this.#function(scope, node, "cond", functionName(node, attributes, "cond"), values, types);
    const body = this.#function(scope, node, "body", functionName(node, attributes, "body"), values, types);
    checkLoop(node, values, body);
    const changed = new Map(attributes);
    changed.set("cond", asFunction(condition.name));
    changed.set("body", asFunction(body.name));
    keepInLists(changed, ["T", "output_shapes"], values.map(isTensor));
    const outputs = values.map((value) => (value.kind === "handle" ? value : undefined));
    return this.#emit(scope, node, changed, values.filter(isTensor), outputs);
  }

  /** The node itself, with what is left to pass. Outputs that are handles are known. */
  #emit(
    scope: Scope,
    node: SavedNode,
    attributes: ReadonlyMap<string, Attribute>,
    values: readonly Value[],
    outputs: readonly (HandleValue | undefined)[],
  ): Produced {
    const { builder } = scope.options;
    const name = scope.nameOf(node.name);
    const controlInputs = scope.controlsOf(node);
    const { inputs } = valuesOf(builder, values, { name, controlInputs, keepsReference: false });
    builder.add({ name, op: node.op, inputs, controlInputs, attributes });
    let position = 0;
    const given = outputs.map((output): Value => output ?? { kind: "tensor", tensor: `${name}:${position++}` });
    return { kind: "values", values: given, done: [name] };
  }

  #plainValues(scope: Scope, node: SavedNode): readonly Value[] {
    return scope.inputsOf(node).map((value, index): Value => {
      if (value.kind === "tensor" || !value.isReference) return value;
      const name = `${scope.nameOf(node.name)}/${index}`;
      const { inputs } = valuesOf(scope.options.builder, [value], {
        name,
        controlInputs: scope.controlsOf(node),
        keepsReference: false,
      });
      return { kind: "tensor", tensor: inputs[0] as string };
    });
  }

  #function(
    scope: Scope,
    node: SavedNode,
    attribute: string,
    callee: string,
    values: readonly Value[],
    types: readonly Attribute[],
  ): Built {
    const key = JSON.stringify([callee, values.map((value) => (value.kind === "handle" ? value.definition.key : 0))]);
    const known = this.#built.get(key);
    if (known !== undefined) return known;
    const { model, names, functions } = this.#inliner;
    const name = names.take(`${scope.nameOf(node.name)}/${attribute}`);
    const built: Built = { name, outputs: undefined };
    this.#built.set(key, built);
    const builder = new BodyBuilder(names, true);
    const { signature } = model.function(callee);
    const inputs: string[] = [];
    const inside = values.map((value, index): Value => {
      if (value.kind === "handle") return value;
      const input = signature.inputs[index];
      const type = input?.dataType ? asType(input.dataType) : types[index];
      const attributes = new Map<string, Attribute>(type === undefined ? [] : [["dtype", type]]);
      const argument = names.take(`${name}/${input?.name ?? index}`);
      inputs.push(argument);
      return {
        kind: "tensor",
        tensor: builder.add({ name: argument, op: "Placeholder", inputs: [], controlInputs: [], attributes }),
      };
    });
    const { outputs, done } = this.#inliner.instantiate(scope, {
      function: callee,
      values: inside,
      prefix: `${name}/`,
      controls: [],
      attributes: new Map(),
      builder,
      callers: branchCallers(scope),
    });
    built.outputs = outputs;
    const tensors = outputs.flatMap((value) => (value.kind === "tensor" ? [value.tensor] : []));
    functions.set(name, { name, inputs, outputs: tensors, controlOutputs: done, nodes: builder.nodes });
    return built;
  }

  /** Of each output the handle that it is in all branches, or `undefined` where it is a tensor. */
  #commonOutputs(
    node: SavedNode,
    branches: readonly Built[],
    types: readonly Attribute[],
  ): readonly (HandleValue | undefined)[] {
    const finished = branches.flatMap(({ outputs }) => (outputs === undefined ? [] : [outputs]));
    const count = finished[0]?.length ?? types.length;
    if (finished.some((outputs) => outputs.length !== count)) throw invalid(node, "branches with equally many outputs");
    return Array.from({ length: count }, (_, index) => {
      const values = finished.map((outputs) => outputs[index] as Value);
      const handles = values.filter((value) => value.kind === "handle");
      if (handles.length === 0) return undefined;
      const [first] = handles;
      if (handles.length < branches.length || handles.some(({ definition }) => definition !== first?.definition)) {
        throw new SavedModelError(
          "UNSUPPORTED",
          `Node ${node.name} (${node.op}) chooses between variables or tables, which cannot be read`,
        );
      }
      return first;
    });
  }
}

/** Callers of what is in a branch: it may come around to a function that has the branch, which is then called from within itself. */
function branchCallers(scope: Scope): readonly string[] {
  return scope.options.callers.map((caller) => `${caller} (branch)`);
}

function checkLoop(node: SavedNode, values: readonly Value[], { outputs }: Built): void {
  if (outputs === undefined) return;
  if (outputs.length !== values.length) {
    throw invalid(node, `a body of ${values.length} outputs, got ${outputs.length}`);
  }
  for (const [index, value] of values.entries()) {
    const output = outputs[index] as Value;
    const isSame =
      output.kind === value.kind &&
      (output.kind === "tensor" || output.definition === (value as HandleValue).definition);
    if (!isSame) {
      throw new SavedModelError(
        "UNSUPPORTED",
        `Loop ${node.name} changes which variable or table it works on, which cannot be read`,
      );
    }
  }
}

function branchNames(
  node: SavedNode,
  attributes: ReadonlyMap<string, Attribute>,
): readonly (readonly [string, string])[] {
  if (!node.op.endsWith("Case")) {
    return ["then_branch", "else_branch"].map((name) => [name, functionName(node, attributes, name)]);
  }
  const branches = listOf(attributes, "branches").flatMap((branch) =>
    branch.kind === "function" ? [branch.value] : [],
  );
  if (branches.length === 0) throw invalid(node, "branches");
  return branches.map((name, index) => [`branch_${index}`, name]);
}

function functionName(node: SavedNode, attributes: ReadonlyMap<string, Attribute>, attribute: string): string {
  const value = attributes.get(attribute);
  if (value?.kind !== "function") throw invalid(node, `a function as its attribute ${attribute}`);
  return value.value;
}

function listOf(attributes: ReadonlyMap<string, Attribute>, name: string): readonly Attribute[] {
  const list = attributes.get(name);
  return list?.kind === "list" ? list.value : [];
}

/** Drops what is no longer passed from attributes that say something of each input or output. */
function keepInLists(attributes: Map<string, Attribute>, names: readonly string[], kept: readonly boolean[]): void {
  for (const name of names) {
    const list = listOf(attributes, name);
    if (list.length === kept.length) {
      attributes.set(name, { kind: "list", value: list.filter((_, index) => kept[index]) });
    }
  }
}

function asFunction(name: string): Attribute {
  return { kind: "function", value: name };
}

function asType(dataType: number): Attribute {
  return { kind: "type", value: elementTypeOf(dataType) };
}

function isTensor(value: Value): boolean {
  return value.kind === "tensor";
}

function invalid(node: SavedNode, expected: string): SavedModelError {
  return new SavedModelError("GRAPH_INVALID", `Expected ${expected} of node ${node.name} (${node.op})`);
}
