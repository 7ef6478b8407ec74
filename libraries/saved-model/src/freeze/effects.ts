import type { FlatBody, FlatNode } from "./flat-graph.js";
import { CONDITIONALS, LOOPS, WITH_EFFECT } from "./op-kinds.js";
import { handleOf } from "./resource-use.js";

export interface EffectRules {
  /** Keys of variables and tables that something changes: also reading them has its place in time. */
  readonly changed: ReadonlySet<string>;
  /** Whether the model says of an op that it gives nothing and is there for what it does. */
  readonly isSink: (op: string) => boolean;
  /** By name, of functions that are known to have an effect or none. */
  readonly functions: ReadonlyMap<string, boolean>;
}

/** Ops on handles, for those whose handle is only known when they run. */
const ON_UNKNOWN_HANDLES =
  /^(Assign.*VariableOp|ReadVariableOp|Resource|LookupTable|InitializeTable|Rng|Stateful(?!Partitioned))/;

/** Whether it matters when a node runs, and that it does. */
export function hasEffect(body: Pick<FlatBody, "nodes">, node: FlatNode, rules: EffectRules): boolean {
  if (node.resource !== undefined) return false;
  if (WITH_EFFECT.has(node.op) || rules.isSink(node.op)) return true;
  if (CONDITIONALS.has(node.op) || LOOPS.has(node.op)) {
    return functionsOf(node).some((name) => rules.functions.get(name) ?? true);
  }
  const handles = node.inputs.map((input) => handleOf(body, input)?.resource);
  if (handles.some((key) => key !== undefined && rules.changed.has(key))) return true;
  return ON_UNKNOWN_HANDLES.test(node.op) && handles[0] === undefined;
}

/** Functions that a node's attributes name. */
export function functionsOf(node: Pick<FlatNode, "attributes">): readonly string[] {
  return [...node.attributes.values()].flatMap((attribute) => {
    const values = attribute.kind === "list" ? attribute.value : [attribute];
    return values.flatMap((value) => (value.kind === "function" ? [value.value] : []));
  });
}

/** Most effects that are waited for one by one; more are waited for together. */
const MAX_EFFECTS = 8;

/** Most effects of which each is held against each other, to wait for the latest only. */
const MAX_COMPARED = 32;

/**
 * Which effects have happened once a node has run: the latest ones, as those that they waited for have happened too.
 */
export class EffectOrder {
  readonly #before = new Map<string, ReadonlySet<string>>();
  readonly #group: (effects: readonly string[]) => string;

  /** @param group makes a node that waits for all of some */
  constructor(group: (effects: readonly string[]) => string) {
    this.#group = group;
  }

  /** @returns what has happened once this node has */
  add(node: string, before: ReadonlySet<string>): ReadonlySet<string> {
    this.#before.set(node, before);
    return new Set([node]);
  }

  union(sets: readonly ReadonlySet<string>[]): ReadonlySet<string> {
    const first = sets.find((set) => set.size > 0);
    if (first === undefined) return NONE;
    if (sets.every((set) => set === first || set.size === 0)) return first;
    const all = new Set(sets.flatMap((set) => [...set]));
    const latest = all.size > MAX_COMPARED ? [...all] : this.#latest([...all]);
    if (latest.length <= MAX_EFFECTS) return new Set(latest);
    const group = this.#group(latest);
    this.#before.set(group, new Set(latest));
    return new Set([group]);
  }

  #latest(effects: readonly string[]): readonly string[] {
    return effects.filter((effect) => !effects.some((other) => this.#before.get(other)?.has(effect)));
  }
}

export const NONE: ReadonlySet<string> = new Set();
