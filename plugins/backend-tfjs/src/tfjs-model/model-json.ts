import { PlinthError } from "@plinth/core";
import type { io } from "@tensorflow/tfjs-core";

/** A node as `model.json` has it: protobuf's JSON. */
export interface JsonNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: Readonly<Record<string, JsonAttribute>>;
}

export interface JsonAttribute {
  readonly s?: string | readonly number[];
  readonly i?: number | string;
  readonly f?: number | string;
  readonly b?: boolean;
  readonly type?: string | number;
  readonly shape?: JsonShape;
  readonly func?: { readonly name: string };
  readonly list?: Readonly<Record<string, readonly unknown[]>>;
  readonly tensor?: unknown;
}

export interface JsonShape {
  readonly unknownRank?: boolean;
  readonly dim?: readonly { readonly size?: number | string }[];
}

export interface JsonArgument {
  readonly name: string;
  readonly type?: string | number;
}

export interface JsonFunction {
  readonly signature: {
    readonly name: string;
    readonly inputArg?: readonly JsonArgument[];
    readonly outputArg?: readonly JsonArgument[];
  };
  readonly nodeDef?: readonly JsonNode[];
  readonly ret?: Readonly<Record<string, string>>;
}

export interface JsonGraph {
  readonly node: readonly JsonNode[];
  readonly library?: { readonly function?: readonly JsonFunction[] };
}

export interface JsonTensorInfo {
  readonly name?: string;
  readonly dtype?: string;
  readonly tensorShape?: JsonShape;
  /** Of a table that the initializer gives and the graph takes: the same number in both. */
  readonly resourceId?: number;
}

export interface JsonSignature {
  readonly inputs?: Readonly<Record<string, JsonTensorInfo>>;
  readonly outputs?: Readonly<Record<string, JsonTensorInfo>>;
}

/** The document that TensorFlow.js saves beside the weights. */
export interface ModelJson {
  readonly kind: "graph" | "layers";
  readonly topology: object;
  readonly signature: JsonSignature | undefined;
  /** What fills the tables of a graph model, and what it gives. */
  readonly initializer: JsonGraph | undefined;
  readonly initializerSignature: JsonSignature | undefined;
  readonly weights: readonly WeightGroup[];
}

/** Files that hold the values of some weights, one after another. */
export interface WeightGroup {
  readonly paths: readonly string[];
  readonly weights: readonly io.WeightsManifestEntry[];
}

/** @throws PlinthError `MODEL_FILE_INVALID` for what is no such document */
export function readModelJson(text: string): ModelJson {
  const document = parse(text);
  const topology = document.modelTopology;
  if (!isObject(topology)) throw invalid("modelTopology is missing");
  const kind = Array.isArray(topology.node) ? "graph" : "layers";
  const metadata = document.userDefinedMetadata;
  const signature = (isObject(metadata) ? metadata.signature : undefined) ?? document.signature;
  const initializer = document.modelInitializer;
  const initializerSignature = document.initializerSignature;
  return {
    kind,
    topology,
    signature: isObject(signature) ? (signature as JsonSignature) : undefined,
    initializer:
      isObject(initializer) && Array.isArray(initializer.node) ? (initializer as unknown as JsonGraph) : undefined,
    initializerSignature: isObject(initializerSignature) ? (initializerSignature as JsonSignature) : undefined,
    weights: weightGroups(document.weightsManifest),
  };
}

function parse(text: string): Record<string, unknown> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new PlinthError("MODEL_FILE_INVALID", `model.json is no JSON: ${(cause as Error).message}`, { cause });
  }
  if (!isObject(document)) throw invalid("it is no object");
  return document;
}

function weightGroups(manifest: unknown): readonly WeightGroup[] {
  if (manifest === undefined) return [];
  if (!Array.isArray(manifest)) throw invalid("weightsManifest is no list");
  return manifest.map((group: unknown, index) => {
    const { paths, weights } = isObject(group) ? group : {};
    if (!Array.isArray(paths) || !Array.isArray(weights) || !paths.every((path) => typeof path === "string")) {
      throw invalid(`weightsManifest[${index}] has no paths or no weights`);
    }
    if (!weights.every(isWeight))
      throw invalid(`weightsManifest[${index}] has a weight without a name, shape or dtype`);
    return { paths, weights };
  });
}

function isWeight(weight: unknown): weight is io.WeightsManifestEntry {
  if (!isObject(weight) || typeof weight.name !== "string" || typeof weight.dtype !== "string") return false;
  const { shape } = weight;
  return Array.isArray(shape) && shape.every((length) => Number.isSafeInteger(length) && length >= 0);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(what: string): PlinthError {
  return new PlinthError(
    "MODEL_FILE_INVALID",
    `model.json is not what TensorFlow.js saves: ${what}. Expected a layers or graph model`,
  );
}
