import type { ConfigPath, Location } from "./config-fault.js";

/** What stands in the file: its values, where each stands, and what came from the environment. */
export type SourceNode = SourceScalar | SourceList | SourceMapping;

export interface SourceScalar {
  readonly kind: "scalar";
  readonly at: Location;
  /** After substitution. Whole numbers are bigint only where a number would not hold them exactly. */
  readonly value: string | number | bigint | boolean | null;
  /** Before substitution. */
  readonly written: string;
  readonly isQuoted: boolean;
  /** Whether a `${VAR}` stands in it, also where the default after `:-` was taken. */
  readonly hasReference: boolean;
  /** Values that the environment gave, by the name of the variable. */
  readonly variables: ReadonlyMap<string, string>;
  /** Whether it was reported already, so that its value says nothing. */
  readonly isFaulty: boolean;
}

export interface SourceList {
  readonly kind: "list";
  readonly at: Location;
  readonly items: readonly SourceNode[];
}

export interface SourceMapping {
  readonly kind: "mapping";
  readonly at: Location;
  readonly entries: ReadonlyMap<string, SourceEntry>;
}

export interface SourceEntry {
  readonly keyAt: Location;
  readonly node: SourceNode;
}

/** A node, and the place that speaks for it where something in it is missing or where it is wrong as a whole. */
export interface Placed<Node extends SourceNode = SourceNode> {
  readonly node: Node;
  readonly keyAt: Location;
  readonly path: ConfigPath;
}

/** What a path leads to. */
export interface Located {
  /** `undefined` where the path leads nowhere. */
  readonly node: SourceNode | undefined;
  /** The last node on the way that exists. */
  readonly nearest: SourceNode;
  /** Where the key of {@link nearest} stands; for an item of a list and the root, where it begins itself. */
  readonly nearestKeyAt: Location;
}

const NO_VARIABLES: ReadonlyMap<string, string> = new Map();

export function locate(root: SourceNode, rootKeyAt: Location, path: ConfigPath): Located {
  let nearest = root;
  let nearestKeyAt = rootKeyAt;
  for (const step of path) {
    const next = childOf(nearest, step);
    if (next === undefined) return { node: undefined, nearest, nearestKeyAt };
    nearest = next.node;
    nearestKeyAt = next.keyAt;
  }
  return { node: nearest, nearest, nearestKeyAt };
}

/** The value of a key or the item of a list, if there is one. */
export function childOf(node: SourceNode, step: string | number): SourceEntry | undefined {
  if (node.kind === "mapping") return node.entries.get(String(step));
  if (node.kind !== "list") return undefined;
  const item = node.items[Number(step)];
  return item === undefined ? undefined : { keyAt: item.at, node: item };
}

/** The plain value, as schemas expect it. */
export function plainValue(node: SourceNode): unknown {
  switch (node.kind) {
    case "scalar":
      return node.value;
    case "list":
      return node.items.map(plainValue);
    case "mapping":
      return Object.fromEntries([...node.entries].map(([key, entry]) => [key, plainValue(entry.node)]));
  }
}

/** The tree of a plain value that stands in no file; every node is said to be at `at`. */
export function treeOf(value: unknown, at: Location): SourceNode {
  if (Array.isArray(value)) return { kind: "list", at, items: value.map((item) => treeOf(item, at)) };
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(([key, child]) => [key, { keyAt: at, node: treeOf(child, at) }] as const);
    return { kind: "mapping", at, entries: new Map(entries) };
  }
  const scalar = value as SourceScalar["value"];
  return {
    kind: "scalar",
    at,
    value: scalar,
    written: String(scalar).replaceAll("${", "$${"),
    isQuoted: false,
    hasReference: false,
    variables: NO_VARIABLES,
    isFaulty: false,
  };
}

/** A mapping of nodes that stand where they stand, each under a key that stands at the `keyAt` beside it. */
export function mappingOf(at: Location, entries: Iterable<readonly [key: string, entry: SourceEntry]>): SourceMapping {
  return { kind: "mapping", at, entries: new Map(entries) };
}

/** The values of a mapping or the items of a list, each with its place; none for a scalar. */
export function childrenOf({ node, path }: Placed): readonly Placed[] {
  if (node.kind === "scalar") return [];
  const steps = node.kind === "list" ? node.items.keys() : node.entries.keys();
  return [...steps].flatMap((step) => childPlaced(node, path, step) ?? []);
}

/** {@link childOf}, with its place. */
export function childPlaced(node: SourceNode, path: ConfigPath, step: string | number): Placed | undefined {
  const child = childOf(node, step);
  return child === undefined ? undefined : { ...child, path: [...path, step] };
}

/** `node` with the entries of `overlay` instead of its own of the same keys. */
export function overlayMapping(node: SourceMapping, overlay: SourceMapping): SourceMapping {
  return { ...overlay, entries: new Map([...node.entries, ...overlay.entries]) };
}

export function withoutKey(node: SourceMapping, key: string): SourceMapping {
  return { ...node, entries: new Map([...node.entries].filter(([name]) => name !== key)) };
}

export function* scalarsOf(node: SourceNode): Generator<SourceScalar> {
  if (node.kind === "scalar") yield node;
  else if (node.kind === "list") for (const item of node.items) yield* scalarsOf(item);
  else for (const entry of node.entries.values()) yield* scalarsOf(entry.node);
}

/** The variables whose values are in `node` or below it. */
export function variablesIn(node: SourceNode): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  for (const scalar of scalarsOf(node)) {
    for (const [name, value] of scalar.variables) variables.set(name, value);
  }
  return variables;
}
