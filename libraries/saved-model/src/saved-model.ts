import type { ConstantTensor, Shape } from "./constant-tensor.js";
import type { ElementType } from "./element-type.js";
import type { Graph } from "./graph.js";
import type { SavedModelError } from "./saved-model-error.js";

/** A model, read: graphs whose unchanging variables have become constants. */
export interface SavedModel {
  /** Those of the graph that was read. */
  readonly tags: readonly string[];
  /** Of whoever wrote the model, for example `2.21.0`; empty where it does not say. */
  readonly tensorflowVersion: string;
  readonly fingerprint: Fingerprint | undefined;
  /** By name, in the order of names. */
  readonly signatures: ReadonlyMap<string, ModelSignature>;
  /** Signatures that cannot be served, and why; the others still can. */
  readonly refused: ReadonlyMap<string, SavedModelError>;
  /**
   * Functions of the model's root object that can be called, as a Hub module's `__call__`: read where the model has no signature, or where
   * that was asked for. In the order in which the object lists them, those that are not for training first.
   */
  readonly callables: readonly Callable[];
  /** Variables that something changes, and lookup tables: what graphs have in common, by the key that nodes name. */
  readonly resources: ReadonlyMap<string, Resource>;
}

/** One way to call the model. */
export interface ModelSignature extends Graph {
  /** TensorFlow's method name, for example `tensorflow/serving/predict`. Empty where there is none. */
  readonly method: string;
  /** In the order of names; those of a {@link Callable} in the order of its arguments. */
  readonly inputs: readonly SignatureInput[];
  readonly outputs: readonly SignatureOutput[];
  /** The ops of all nodes, functions' included, with the names of the nodes of each. */
  readonly ops: ReadonlyMap<string, readonly string[]>;
}

export interface SignatureOutput {
  /** What clients say. */
  readonly name: string;
  readonly dtype: ElementType;
  readonly shape: Shape;
  /** `node:n`. Several outputs may be one tensor, and one may be an input as it came. */
  readonly tensor: string;
  /** The tensor in the model's own graph, as its files say it: `StatefulPartitionedCall:0`. For people and metadata only. */
  readonly savedName: string;
}

/** `tensor` is output 0 of a `Placeholder`, which is there also where nothing needs it. */
export interface SignatureInput extends SignatureOutput {
  /** What the input is where a request leaves it out. Without one, it may not be left out. */
  readonly default: ConstantTensor | undefined;
}

/** A function of a model's object, without a signature of its own. Its inputs are named by its arguments. */
export interface Callable {
  /** How the object calls it: `__call__`. */
  readonly name: string;
  /** One of the ways in which it was traced. */
  readonly concreteFunction: string;
  /** Arguments that are no tensors, with the values that they were traced for: `training` -> false. */
  readonly fixedArguments: ReadonlyMap<string, string | number | boolean | undefined>;
  readonly signature: ModelSignature;
}

export type Resource = StateVariable | LookupTable;

/** A variable that some signature changes. Each handle of it is a `VarHandleOp`, also where the model had none (`VariableV2`). */
export interface StateVariable {
  readonly kind: "variable";
  readonly dtype: ElementType;
  readonly shape: Shape;
  /** `undefined`: nothing gave it a value; reading it before it is assigned fails. */
  readonly initial: InitialValue | undefined;
}

/** A lookup table. Static ones hold what `entries` say for good; mutable ones begin with it. */
export interface LookupTable {
  readonly kind: "table";
  /** The op that makes it: `HashTableV2`, `MutableHashTableV2`, `MutableDenseHashTableV2`, ... */
  readonly op: string;
  readonly keyType: ElementType;
  readonly valueType: ElementType;
  /** `undefined`: empty. Text files of assets have been read: their lines are the entries. */
  readonly entries: { readonly keys: InitialValue; readonly values: InitialValue } | undefined;
}

/** A value that stands in the files, or that the model's own initialisation works out: outputs of a graph to run once, without inputs. */
export type InitialValue =
  | { readonly kind: "constant"; readonly tensor: ConstantTensor }
  | { readonly kind: "computed"; readonly graph: Graph; readonly tensor: string };

/** `fingerprint.pb`, which says whether two models are the same. */
export interface Fingerprint {
  readonly savedModelChecksum: bigint;
  readonly graphDefProgramHash: bigint;
  readonly signatureDefHash: bigint;
  readonly savedObjectGraphHash: bigint;
  readonly checkpointHash: bigint;
  readonly uuid: string;
}
