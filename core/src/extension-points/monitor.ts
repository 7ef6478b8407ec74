import type { PlinthError } from "../model/errors.js";
import type { ModelVersion } from "../model/model-version.js";
import type { NamedTensors } from "../model/tensor.js";
import type { VersionState } from "../model/version-state.js";
import type { Revision } from "./deployments.js";
import type { InferTimings, RequestOrigin } from "./model-server.js";
import { createToken, type Token } from "./token.js";

/**
 * Is told what happens in the server: metrics, logs, traces, history. To show what it gathered it provides {@link Route}s.
 */
export interface Monitor extends AsyncDisposable {
  /** How people name it in `config.yaml`, as `prometheus`. */
  readonly name: string;

  /** Opens what it needs, before the first event. */
  start(options: { readonly signal: AbortSignal }): Promise<void>;

  /**
   * Called for each event, on the thread that serves requests, so it must return at once: count, or append to a bounded
   * buffer. What it throws is counted and otherwise ignored. Events of a type that it does not know are to be ignored: there
   * will be more of them.
   */
  observe(event: ServerEvent): void;

  /** Of which requests it wants the tensors, see {@link RequestFinished.sample}. Read once, after {@link start}. Default: of none. */
  readonly sampling?: Sampling | undefined;

  /**
   * Whether it has no use for requests that went well, and for batches: where no monitor has, the server does not even make these events,
   * so that such a monitor costs them nothing. Read once, after {@link start}. Default: false.
   */
  readonly ignoresSuccess?: boolean | undefined;
}

/** Can be cloned. */
export interface Sampling {
  /** Share of the requests that go well, 0 to 1, of models that are not in {@link models}. */
  readonly share: number;
  readonly models: ReadonlyMap<string, number>;
  /** Whether those that fail are wanted, all of them, as far as they have come as tensors. */
  readonly failed: boolean;
  /** Requests whose inputs and outputs are larger, in bytes, are left out. */
  readonly maxBytes: number;
}

/** All monitors that are configured. */
export const Monitor: Token<Monitor> = createToken<Monitor>("Monitor");

export type ServerEvent =
  | RequestFinished
  | BatchRun
  | VersionStateChanged
  | DeploymentChanged
  | ShadowCompared
  | ErrorOccurred;

/**
 * A request was answered, or refused: by the server before or after it ran, or by the protocol that could not read it. Once for each
 * request for inference.
 */
export interface RequestFinished {
  readonly type: "request-finished";
  /** The model's name, or `undefined` where the client asked for one that does not exist: never a name that a client made up. */
  readonly model: string | undefined;
  /** `undefined` where no version was reached. */
  readonly version: ModelVersion | undefined;
  readonly signature: string | undefined;
  /** `undefined` where it went well. */
  readonly error: PlinthError | undefined;
  /** When it began, in milliseconds since the epoch, with fractions. */
  readonly startedAtMs: number;
  /** Until it was answered, in milliseconds. */
  readonly durationMs: number;
  /** `undefined` where it did not run. What lies between the parts is in none of them. */
  readonly timings: RequestTimings | undefined;
  /** Of a request that was answered by a stream. */
  readonly stream?: StreamFigures | undefined;
  /** Lengths of the first axis; 1 where that is no axis of a batch, or it did not run. */
  readonly rows: number;
  /** `undefined` where a program that embeds the server asked, or a plugin's route. */
  readonly origin: RequestOrigin | undefined;
  /** Its tensors, where a monitor wants some: see {@link Monitor.sampling}. */
  readonly sample: RequestSample | undefined;
}

/** How long the parts of a request's way took, in milliseconds and in this order; those that were not timed are `undefined`. */
export interface RequestTimings extends InferTimings {
  /** Until the protocol had it whole. */
  readonly receiveMs: number | undefined;
  /** Until its version was loaded. */
  readonly loadMs: number | undefined;
  /** From bytes to tensors. */
  readonly decodeMs: number | undefined;
  /** From tensors to bytes, after the run. */
  readonly encodeMs: number | undefined;
}

export interface StreamFigures {
  /** How many there were. */
  readonly answers: number;
  /** From when the request began until the model had given the first of them, in milliseconds; `undefined` where there was none. */
  readonly firstAnswerMs: number | undefined;
}

/** They may be changed once {@link Monitor.observe} has returned: copy or write what is to last. */
export interface RequestSample {
  /** From 0 to 1, drawn for this request: it is for those monitors whose share is larger. Of one that failed: 0. */
  readonly drawn: number;
  readonly inputs: NamedTensors;
  /** `undefined` where it failed. Of a stream, those of the last answer. */
  readonly outputs: NamedTensors | undefined;
}

/** Requests were run together, or one alone to a model that batches. Of batches that failed nothing is told: their requests are. */
export interface BatchRun {
  readonly type: "batch-run";
  readonly model: string;
  readonly version: ModelVersion;
  readonly signature: string;
  /** How many had rows in it. */
  readonly requests: number;
  /** Their rows: lengths of the first axis. */
  readonly rows: number;
  /** Rows that were added to reach one of `batching.allowedBatchSizes`. */
  readonly paddingRows: number;
  /** In milliseconds. */
  readonly computeMs: number;
}

export interface VersionStateChanged {
  readonly type: "version-state-changed";
  readonly model: string;
  readonly version: ModelVersion;
  readonly from: VersionState | undefined;
  readonly to: VersionState;
  /** How long it was in `from`, in milliseconds: from `loading`, the time of the load. */
  readonly afterMs: number | undefined;
  readonly error: PlinthError | undefined;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
}

/** What is to run was changed, here or by another server over the same storage. */
export interface DeploymentChanged {
  readonly type: "deployment-changed";
  readonly revision: Revision;
}

/** A request was mirrored to another version, and the answers were compared. */
export interface ShadowCompared {
  readonly type: "shadow-compared";
  readonly model: string;
  /** The version that answered the client. */
  readonly version: ModelVersion;
  readonly shadowVersion: ModelVersion;
  readonly signature: string;
  /** Whether all outputs are equal, or close where they are floats. */
  readonly agreed: boolean;
  /** Largest absolute difference of two numbers; `undefined` where there are none to compare. */
  readonly maxDifference: number | undefined;
  /** Why the mirrored request failed. */
  readonly error: PlinthError | undefined;
}

/** Something failed that no client is told of: the storage cannot be listed, a plugin threw. */
export interface ErrorOccurred {
  readonly type: "error-occurred";
  readonly error: PlinthError;
  readonly model: string | undefined;
  readonly version: ModelVersion | undefined;
}
