import type { DType } from "../model/dtype.js";
import type { NamedTensors } from "../model/tensor.js";
import type { VersionPolicy } from "./deployments.js";
import type { JsonValue } from "./storage.js";
import { createToken, type Token } from "./token.js";

/**
 * Reads files that lie in a model's folder beside its versions and say how the model is to be served, as Triton's `config.pbtxt`. What
 * they say stands in for the defaults: what `config.yaml` says of the model wins.
 */
export interface DescriptionFormat {
  /** The file that it reads, by its name. */
  readonly fileName: string;

  /** Names of other files beside the model that a file refers to; those that exist are given to {@link read}. Never throws. */
  refersTo?(content: Uint8Array): readonly string[];

  /**
   * What a file says of a model. Called each time that it, or a file that it refers to, has changed.
   *
   * @param others the content of files that it refers to, by name
   * @throws PlinthError `MODEL_DESCRIPTION_INVALID` with all that is wrong with it, each with line and column; `MODEL_UNSUPPORTED` for what
   * it asks for and no server of this kind does.
   */
  read(model: string, content: Uint8Array, others: ReadonlyMap<string, Uint8Array>): ModelDescription;
}

/** All formats of descriptions that are known. */
export const DescriptionFormat: Token<DescriptionFormat> = createToken<DescriptionFormat>("DescriptionFormat");

/** What is known of a model beside its files. It can be cloned, since it is used in other processes as well. */
export interface ModelDescription {
  /** What messages call it, as `config.pbtxt`. */
  readonly name: string;
  readonly versions?: VersionPolicy | undefined;
  /** Which file of a version is the model, or which folder, relative to the version's own. Absent: the backend tells by the names. */
  readonly modelFile?: { readonly path: string; readonly at: string } | undefined;
  /** As `execution` of a model in `config.yaml`. */
  readonly execution?: { readonly instances?: number; readonly maxQueuedRequests?: number } | undefined;
  readonly batching?: DescribedBatching | undefined;
  /**
   * The inputs of `serving_default` as clients see them: all of them. The loaded model is held against them, and a version that they
   * contradict cannot be served. Absent: as the model has them.
   */
  readonly inputs?: ReadonlyMap<string, DescribedTensor> | undefined;
  /** The outputs that clients see, in this order; others of the model are hidden. Absent: as the model has them. */
  readonly outputs?: ReadonlyMap<string, DescribedTensor> | undefined;
  /** Run in this order before a version is in service, as its clients would; a failure fails the load. */
  readonly warmUp: readonly WarmUpCall[];
  /** What it says as a whole, in its own terms, for protocols that know them. */
  readonly document?: Readonly<Record<string, JsonValue>> | undefined;
  /** What it says that has no meaning here, for the log: names with line and column. */
  readonly ignored: readonly string[];
}

/** How requests to a described model are put together, in rows of the first axis. */
export interface DescribedBatching {
  /** Largest batch, and the most rows that one request may have. */
  readonly maxBatchSize: number;
  /** As `batching.maxWaitMs` of a model in `config.yaml`. */
  readonly maxWaitMs: number;
  /** Whether it holds only for a model of which each input and output has an open first axis. */
  readonly ifPossible: boolean;
}

/** One input or output as a description has it. */
export interface DescribedTensor {
  readonly dtype: DType;
  /** The shape that clients send or get, the axis of the batch included; -1 where any length is taken. */
  readonly shape: readonly number[];
  /** The shape that the model itself has in its place, where that is another one of as many elements. */
  readonly modelShape?: readonly number[] | undefined;
  /** Of an output: names of its classes by their index. */
  readonly labels?: readonly string[] | undefined;
  /** Where it stands, as `config.pbtxt:4:3`. */
  readonly at: string;
}

export interface WarmUpCall {
  /** What the description calls it. */
  readonly name: string;
  readonly inputs: NamedTensors;
}
