import type { ElementType } from "../element-type.js";
import type { Attribute } from "../graph.js";
import type { SavedAttribute, SavedNode } from "../messages/graph-message.js";
import { SavedModelError } from "../saved-model-error.js";
import { BodyBuilder, type NodeBudget, NodeNames } from "./body-builder.js";
import { ControlFlow } from "./control-flow.js";
import type { FlatFunction, FlatGraph } from "./flat-graph.js";
import { argumentsOf, checkCallers, type FunctionCall, nodeRoot, nodesThatRun, returnsOf } from "./function-call.js";
import { type Handles, isVariable } from "./handles.js";
import type { ModelGraph } from "./model-graph.js";
import { CALLS, CONDITIONALS, LOOPS, PASS_HANDLES, PASS_THROUGH, TABLES, VARIABLES } from "./op-kinds.js";
import { onHandle, valuesOf } from "./references.js";
import { Scope, type ScopeOptions } from "./scope.js";
import { type InputName, parseInputName } from "./tensor-name.js";
import type { HandleValue, Produced, Value } from "./value.js";

/** Longest beginning of names that calls leave on what was in them. */
const MAX_PREFIX = 1000;

/** A tensor that is given from outside. */
export interface Feed {
  readonly tensor: string;
  readonly dtype: ElementType;
}

export interface FlattenRequest {
  readonly feeds: readonly Feed[];
  /** Tensors of the main graph. */
  readonly outputs: readonly string[];
  /** Nodes of the main graph that are to run. */
  readonly controlOutputs: readonly string[];
}

export interface Flattened {
  readonly graph: FlatGraph;
  /** The `Placeholder` that each feed became, in order. */
  readonly inputs: readonly string[];
}

/**
 * Puts functions in the place of their calls, from what is wanted of the graph backwards: what nothing needs is never looked at. Handles of
 * variables and tables are known by themselves afterwards, wherever they were passed to.
 */
export class Inliner {
  readonly model: ModelGraph;
  readonly handles: Handles;
  readonly names: NodeNames;
  readonly functions: Map<string, FlatFunction> = new Map();
  readonly #controlFlow: ControlFlow;

  constructor(model: ModelGraph, handles: Handles, budget: NodeBudget) {
    this.model = model;
    this.handles = handles;
    this.names = new NodeNames(budget);
    this.#controlFlow = new ControlFlow(this);
  }

  /** Part of the main graph. One inliner flattens one graph. */
  flatten({ feeds, outputs, controlOutputs }: FlattenRequest): Flattened {
    const builder = new BodyBuilder(this.names, false);
    const given = new Map<string, Value>();
    const inputs = feeds.map((feed) => this.#feed(builder, given, feed));
    const scope = this.#scope({ builder, nodes: this.model.nodes, given });
    const wanted = outputs.map(parseInputName);
    this.#emitAll(scope, [...wanted, ...controlOutputs.map(nodeRoot)]);
    const tensors = wanted.map((output) => this.#fetched(builder, scope.value(output), output));
    const done = controlOutputs.flatMap((node) => scope.doneWith(node));
    return {
      inputs,
      graph: { nodes: builder.nodes, outputs: tensors, controlOutputs: done, functions: this.functions },
    };
  }

  /** A function of the library by itself: what is fed are its first arguments, `captured` are the others. */
  flattenFunction(name: string, feeds: readonly Feed[], captured: readonly CapturedValue[]): Flattened {
    const builder = new BodyBuilder(this.names, false);
    const scope = this.#scope({ builder, nodes: this.model.nodes, given: new Map() });
    const fed = feeds.map((feed) => this.#placeholder(builder, parseInputName(feed.tensor).node, feed.dtype));
    this.#emitAll(
      scope,
      captured.flatMap((value) => (typeof value === "string" ? [nodeRoot(value)] : [])),
    );
    const values = [
      ...fed.map((tensor): Value => ({ kind: "tensor", tensor })),
      ...captured.map((value) => (typeof value === "string" ? scope.value(nodeRoot(value)) : value)),
    ];
    const call = { function: name, values, prefix: "", controls: [], attributes: NONE };
    const { outputs, done } = this.instantiate(scope, call);
    const tensors = outputs.map((value) => this.#fetched(builder, value, nodeRoot(name)));
    return {
      inputs: fed,
      graph: { nodes: builder.nodes, outputs: tensors, controlOutputs: done, functions: this.functions },
    };
  }

  /** The handle that a function without arguments gives, where it gives one. */
  handleFrom(name: string): HandleValue | undefined {
    const scope = this.#scope({
      builder: new BodyBuilder(this.names, false),
      nodes: this.model.nodes,
      given: new Map(),
    });
    const call = { function: name, values: [], prefix: "", controls: [], attributes: NONE };
    const [value] = this.instantiate(scope, call).outputs;
    return value?.kind === "handle" ? { ...value, after: [] } : undefined;
  }

  /** A function in the place of a call. */
  instantiate(
    caller: Scope,
    call: FunctionCall,
  ): { readonly outputs: readonly Value[]; readonly done: readonly string[] } {
    const callers = [...(call.callers ?? caller.options.callers), call.function];
    checkCallers(callers);
    const body = this.model.function(call.function);
    const scope = this.#scope({
      builder: call.builder ?? caller.options.builder,
      nodes: this.model.nodesOf(body),
      given: argumentsOf(body, call.values),
      prefix: call.prefix.length > MAX_PREFIX ? `call_${callers.length}/` : call.prefix,
      controls: call.controls,
      attributes: call.attributes,
      callers,
    });
    this.names.spend(1);
    const returns = returnsOf(body);
    const running = nodesThatRun(body);
    this.#emitAll(scope, [...returns, ...running.map(nodeRoot)]);
    return {
      outputs: returns.map((output) => scope.value(output)),
      done: running.flatMap((node) => scope.doneWith(node)),
    };
  }

  #scope(options: Pick<ScopeOptions, "builder" | "nodes" | "given"> & Partial<ScopeOptions>): Scope {
    return new Scope({ model: this.model, prefix: "", controls: [], attributes: new Map(), callers: [], ...options });
  }

  /** The tensor that is fed in place of one of the main graph's. A placeholder of its own knows its type better than a signature. */
  #feed(builder: BodyBuilder, given: Map<string, Value>, { tensor, dtype }: Feed): string {
    const { node, index } = parseInputName(tensor);
    const known = given.get(`${node}:${index}`);
    if (known?.kind === "tensor") return known.tensor;
    const own = this.model.nodes.get(node);
    const ownType = own?.op === "Placeholder" ? this.model.attributes(own, NONE).get("dtype") : undefined;
    const type = ownType?.kind === "type" ? ownType.value : dtype;
    const output = this.#placeholder(builder, index === 0 ? node : `${node}_${index}`, type);
    given.set(`${node}:${index}`, { kind: "tensor", tensor: output });
    return output;
  }

  /** Without a shape: TensorFlow takes others than a placeholder says. */
  #placeholder(builder: BodyBuilder, wanted: string, dtype: ElementType): string {
    const attributes = new Map<string, Attribute>([["dtype", { kind: "type", value: dtype }]]);
    return builder.add({ name: this.names.take(wanted), op: "Placeholder", inputs: [], controlInputs: [], attributes });
  }

  #emitAll(scope: Scope, roots: readonly InputName[]): void {
    for (const node of scope.order(roots)) scope.produce(node.name, this.#emit(scope, node));
  }

  #emit(scope: Scope, node: SavedNode): Produced {
    if (CALLS.has(node.op) || this.model.hasFunction(node.op)) return this.#call(scope, node);
    if (CONDITIONALS.has(node.op)) return this.#controlFlow.conditional(scope, node);
    if (LOOPS.has(node.op)) return this.#controlFlow.loop(scope, node);
    if (VARIABLES.has(node.op) || TABLES.has(node.op)) return this.#handle(scope, node);
    const inputs = scope.inputsOf(node);
    const first = inputs[0];
    if (first?.kind === "handle") {
      const isPassed = PASS_HANDLES.has(node.op) && first.isReference === node.op.startsWith("Ref");
      if (isPassed) return this.#throughHandle(scope, node, first, inputs);
      if (PASS_THROUGH.has(node.op) && !first.isReference) {
        return { kind: "values", values: [first], done: scope.controlsOf(node) };
      }
      if (PASS_THROUGH.has(node.op)) return this.#read(scope, node, first);
    }
    return this.#plain(scope, node, inputs);
  }

  #plain(scope: Scope, node: SavedNode, values: readonly Value[]): Produced {
    const { builder } = scope.options;
    const name = scope.nameOf(node.name);
    const controlInputs = scope.controlsOf(node);
    const attributes = withoutFunctions(this.model.attributes(node, scope.options.attributes));
    const first = values[0];
    const renamed = first?.kind === "handle" ? onHandle(node.op, attributes) : undefined;
    const { inputs, after } = valuesOf(builder, values, { name, controlInputs, keepsReference: renamed !== undefined });
    const op = node.op === "PlaceholderWithDefault" ? "Identity" : (renamed?.op ?? node.op);
    const controls = after.length === 0 ? controlInputs : [...new Set([...controlInputs, ...after])];
    builder.add({ name, op, inputs, controlInputs: controls, attributes: renamed?.attributes ?? attributes });
    if (renamed?.givesReference && first?.kind === "handle") {
      return { kind: "values", values: [{ ...first, after: [name] }], done: [name] };
    }
    return { kind: "node", name };
  }

  #handle(scope: Scope, node: SavedNode): Produced {
    const { builder } = scope.options;
    const attributes = this.model.attributes(node, scope.options.attributes);
    const { inputs } = valuesOf(builder, scope.inputsOf(node), {
      name: node.name,
      controlInputs: [],
      keepsReference: false,
    });
    const definition = this.handles.define({
      name: `${scope.options.prefix}${node.name}`,
      op: node.op,
      attributes,
      inputs,
    });
    const isReference = node.op !== "VarHandleOp" && isVariable(definition);
    return { kind: "values", values: [{ kind: "handle", definition, isReference, after: [] }], done: [] };
  }

  /** A handle on its way through a switch or into a loop stays one, and so does the node. */
  #throughHandle(scope: Scope, node: SavedNode, handle: HandleValue, inputs: readonly Value[]): Produced {
    const attributes = new Map<string, SavedAttribute>([
      ...node.attributes,
      ["T", { kind: "type", value: "resource" }],
    ]);
    const passing = { ...node, op: node.op.replace(/^Ref/, ""), attributes };
    const produced = this.#plain(scope, passing, [{ ...handle, isReference: false }, ...inputs.slice(1)]);
    if (produced.kind !== "node") return produced;
    const outputs = node.op.endsWith("Switch") ? [0, 1] : [0];
    const values = outputs.map((index) => ({ ...handle, through: `${produced.name}:${index}` }));
    return { kind: "values", values, done: [produced.name] };
  }

  #read(scope: Scope, node: SavedNode, handle: HandleValue): Produced {
    const name = scope.nameOf(node.name);
    const input = handle.through ?? scope.options.builder.handle(handle.definition);
    const controlInputs = [...new Set([...scope.controlsOf(node), ...handle.after])];
    scope.options.builder.add({
      name,
      op: "ReadVariableOp",
      inputs: [input],
      controlInputs,
      attributes: dtypeOf(handle),
    });
    return { kind: "node", name };
  }

  #call(scope: Scope, node: SavedNode): Produced {
    const { builder } = scope.options;
    const attributes = this.model.attributes(node, scope.options.attributes);
    const callee = attributes.get("f");
    const name = scope.nameOf(node.name);
    const values = scope.inputsOf(node);
    const controls = scope.controlsOf(node);
    const { outputs, done } = this.instantiate(scope, {
      function: callee?.kind === "function" ? callee.value : node.op,
      values,
      prefix: `${name}/`,
      controls,
      attributes,
    });
    const given = values.flatMap((value) =>
      value.kind === "tensor" ? [value.tensor.slice(0, value.tensor.lastIndexOf(":"))] : value.after,
    );
    builder.add({
      name,
      op: "NoOp",
      inputs: [],
      controlInputs: [...new Set([...done, ...controls, ...given])],
      attributes: NONE,
    });
    const results =
      done.length === 0 ? outputs : outputs.map((value, index) => this.#afterCall(builder, name, value, index));
    return { kind: "values", values: results, done: [name] };
  }

  /** What a call gives is there once all of it has run. */
  #afterCall(builder: BodyBuilder, call: string, value: Value, index: number): Value {
    if (value.kind === "handle") return { ...value, after: [...value.after, call] };
    const name = this.names.take(`${call}/result_${index}`);
    const tensor = builder.add({
      name,
      op: "Identity",
      inputs: [value.tensor],
      controlInputs: [call],
      attributes: NONE,
    });
    return { kind: "tensor", tensor };
  }

  #fetched(builder: BodyBuilder, value: Value, { node }: InputName): string {
    if (value.kind === "tensor") return value.tensor;
    if (!value.isReference) {
      throw new SavedModelError(
        "UNSUPPORTED",
        `Node ${node} gives the handle of ${value.definition.name}, which cannot be an output`,
      );
    }
    const { inputs } = valuesOf(builder, [value], { name: node, controlInputs: [], keepsReference: false });
    return inputs[0] as string;
  }
}

/** The value of a node's only output, by its name, or a handle. */
export type CapturedValue = string | HandleValue;

const NONE: ReadonlyMap<string, Attribute> = new Map();

/** Functions that neither a call nor a branch or loop has are nothing that anything here could run. */
function withoutFunctions(attributes: ReadonlyMap<string, Attribute>): ReadonlyMap<string, Attribute> {
  const isFunction = ({ kind }: Attribute): boolean => kind === "function";
  const hasOne = (attribute: Attribute): boolean =>
    isFunction(attribute) || (attribute.kind === "list" && attribute.value.some(isFunction));
  return [...attributes.values()].some(hasOne)
    ? new Map([...attributes].filter(([, value]) => !hasOne(value)))
    : attributes;
}

function dtypeOf({ definition }: HandleValue): ReadonlyMap<string, Attribute> {
  const dtype = definition.attributes.get("dtype");
  return dtype === undefined ? NONE : new Map([["dtype", dtype]]);
}
