import { PlinthError } from "@plinth/core";
import type { Attribute, ConstantTensor, ElementType, GraphNode, Shape } from "@plinth/saved-model";
import { type EngineType, engineTypeOf } from "../tensors/element-types.js";

type Kind = Attribute["kind"];
type ValueOf<K extends Kind> = Extract<Attribute, { readonly kind: K }>["value"];
type Values = { readonly [K in Kind]: ValueOf<K> };

function find<K extends Kind>(node: GraphNode, name: string, kind: K): Values[K] | undefined {
  const attribute = node.attributes.get(name);
  return attribute?.kind === kind ? (attribute.value as Values[K]) : undefined;
}

function need<T>(node: GraphNode, name: string, value: T | undefined): T {
  if (value !== undefined) return value;
  throw new PlinthError(
    "MODEL_FILE_INVALID",
    `Node ${JSON.stringify(node.name)} of op ${node.op} lacks its attribute ${name}: export the model again`,
  );
}

export function intOf(node: GraphNode, name: string, fallback?: number): number {
  const value = find(node, name, "int");
  return value === undefined ? need(node, name, fallback) : Number(value);
}

export function floatOf(node: GraphNode, name: string, fallback?: number): number {
  return need(node, name, find(node, name, "float") ?? fallback);
}

export function boolOf(node: GraphNode, name: string, fallback = false): boolean {
  return find(node, name, "bool") ?? fallback;
}

export function textOf(node: GraphNode, name: string, fallback?: string): string {
  const bytes = find(node, name, "bytes");
  return bytes === undefined ? need(node, name, fallback) : Buffer.from(bytes).toString("utf8");
}

export function typeOf(node: GraphNode, name: string, fallback?: ElementType): ElementType {
  return need(node, name, find(node, name, "type") ?? fallback);
}

/** @throws PlinthError `MODEL_UNSUPPORTED` for elements that the engine does not have */
export function engineTypeAttribute(node: GraphNode, name: string, fallback?: ElementType): EngineType {
  const type = typeOf(node, name, fallback);
  const engineType = engineTypeOf(type);
  if (engineType !== undefined) return engineType;
  throw new PlinthError(
    "MODEL_UNSUPPORTED",
    `Node ${JSON.stringify(node.name)} of op ${node.op} computes with ${type}`,
  );
}

/** `undefined` also where the attribute says that the rank is not known. */
export function shapeOf(node: GraphNode, name: string): Shape {
  return find(node, name, "shape");
}

export function tensorOf(node: GraphNode, name: string): ConstantTensor {
  return need(node, name, find(node, name, "tensor"));
}

export function functionOf(node: GraphNode, name: string): string {
  return need(node, name, find(node, name, "function"));
}

export function intsOf(node: GraphNode, name: string): number[] {
  return listOf(node, name).flatMap((each) => (each.kind === "int" ? Number(each.value) : []));
}

export function floatsOf(node: GraphNode, name: string): number[] {
  return listOf(node, name).flatMap((each) => (each.kind === "float" ? each.value : []));
}

export function textsOf(node: GraphNode, name: string): string[] {
  return listOf(node, name).flatMap((each) => (each.kind === "bytes" ? Buffer.from(each.value).toString("utf8") : []));
}

export function typesOf(node: GraphNode, name: string): ElementType[] {
  return listOf(node, name).flatMap((each) => (each.kind === "type" ? each.value : []));
}

export function shapesOf(node: GraphNode, name: string): Shape[] {
  return listOf(node, name).flatMap((each) => (each.kind === "shape" ? [each.value] : []));
}

export function functionsOf(node: GraphNode, name: string): string[] {
  return listOf(node, name).flatMap((each) => (each.kind === "function" ? each.value : []));
}

function listOf(node: GraphNode, name: string): readonly Attribute[] {
  return find(node, name, "list") ?? [];
}
