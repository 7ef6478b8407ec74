import { PlinthError } from "@plinth/core";
import type { GraphFunction, GraphNode } from "@plinth/saved-model";
import { tensorOf } from "../graph/attributes.js";
import { type CompileContext, compileFunction } from "../graph/compile-program.js";
import type { Program } from "../graph/program.js";
import type { Resource, Value } from "../graph/values.js";
import type { ModelState } from "./model-state.js";

/** What the nodes of one signature are compiled with. */
export class SignatureContext implements CompileContext {
  readonly #state: ModelState;
  readonly #functions: ReadonlyMap<string, GraphFunction>;
  readonly #programs = new Map<string, Program>();

  constructor(state: ModelState, functions: ReadonlyMap<string, GraphFunction>) {
    this.#state = state;
    this.#functions = functions;
  }

  constant(node: GraphNode): Value {
    return this.#state.constant(tensorOf(node, "value"));
  }

  resource({ name, resource }: GraphNode): Resource {
    return this.#state.resource(resource ?? name);
  }

  function(name: string): Program {
    const known = this.#programs.get(name);
    if (known !== undefined) return known;
    const found = this.#functions.get(name);
    if (found === undefined)
      throw new PlinthError("MODEL_FILE_INVALID", `The graph has no function ${JSON.stringify(name)}`);
    const program = compileFunction(found, this);
    this.#programs.set(name, program);
    return program;
  }
}
