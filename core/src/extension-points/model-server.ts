import type { PlinthError } from "../model/errors.js";
import type { ModelVersion } from "../model/model-version.js";
import type { Signature } from "../model/signature.js";
import type { NamedTensors } from "../model/tensor.js";
import type { ModelStatus } from "../model/version-state.js";
import type { VersionPolicy } from "./deployments.js";
import type { ModelDescription } from "./model-description.js";
import { createToken, type Token } from "./token.js";

/** What protocols, routes and embedding programs call: the running server. */
export interface ModelServer {
  /**
   * Picks the version that answers a request and keeps it loaded until the handle is disposed. Decoding needs the signature
   * before the tensors are read, and the version must not change between the two; a caller that has tensors already uses
   * {@link infer}. Where the version is loaded on demand and not in memory, has it loaded and waits.
   *
   * @throws PlinthError `MODEL_NOT_FOUND`, `VERSION_NOT_FOUND`, `LABEL_NOT_FOUND`; `VERSION_NOT_AVAILABLE` where the model or
   * version is known but not (or no longer, or not yet) in service, with its state and last error. While it waits:
   * `DEADLINE_EXCEEDED`, `CANCELLED`; `QUEUE_FULL` where too many wait already.
   */
  acquire(target: ModelTarget): Promise<ServableHandle>;

  /**
   * Why a request for inference would be refused now for want of room, as {@link ServableHandle.admit} says it; `undefined` where it would
   * be taken, or only {@link acquire} can tell. Asked before a body is read, so that a server with too much to do loses little time by
   * saying so. Holds nothing and loads nothing.
   */
  overload(target: ModelTarget): PlinthError | undefined;

  /**
   * Tells statistics and monitors of a request for inference that a protocol answers with an error: call it for each, whoever found the
   * error. What this server threw, or gave as {@link overload}, it has told already, and ignores here.
   *
   * @param target with the version that was acquired, where it came so far
   */
  refused(target: ModelTarget, error: PlinthError): void;

  /** `acquire`, {@link ServableHandle.infer} and disposal in one. */
  infer(request: ModelTarget & InferCall): Promise<InferResult>;

  /** `acquire`, {@link ServableHandle.stream} and disposal in one; all of it begins when the first answer is asked for. */
  stream(request: ModelTarget & StreamCall): AsyncGenerator<StreamedResult, void, undefined>;

  /** Every model that is configured or found in the storage, by name. */
  models(): readonly ModelStatus[];

  /** One of {@link models}; `undefined` where there is none of that name. */
  status(model: string): ModelStatus | undefined;

  /** Whether every model has a version that can answer and the server is not about to stop. */
  readiness(): Readiness;

  /** Calls `changed` soon after {@link status} or {@link readiness} may say something else, until it is disposed. */
  watch(changed: () => void): Disposable;
}

/** The running server, for routes; protocols get it when they are started. */
export const ModelServer: Token<ModelServer> = createToken<ModelServer>("ModelServer");

/** Which version of which model: by number, by label, or, without either, as the model's traffic rules say. */
export interface ModelTarget {
  readonly model: string;
  /** Excludes `label`. */
  readonly version?: ModelVersion | undefined;
  readonly label?: string | undefined;
  /**
   * What the client sent beside the request (HTTP header, gRPC metadata), by lower-case name. Asked only where the model's
   * traffic is sticky by one of them.
   */
  readonly header?: ((name: string) => string | undefined) | undefined;
  /** As {@link InferCall.deadlineMs}, for the time that a load is waited for. */
  readonly deadlineMs?: number | undefined;
  /** As {@link InferCall.signal}, for the time that a load is waited for. */
  readonly signal?: AbortSignal | undefined;
  /** As {@link InferCall.origin}, also for requests that do not come as far as a call. */
  readonly origin?: RequestOrigin | undefined;
}

export interface InferCall {
  /** Default: `serving_default`. */
  readonly signature?: string | undefined;
  readonly inputs: NamedTensors;
  /** Outputs to give back, in this order; default: all of the signature. */
  readonly outputs?: readonly string[] | undefined;
  /**
   * On the clock of `performance.now()`, in milliseconds. A request whose time has passed is not run; where it runs by then, nobody waits
   * for it any more, and its answer is dropped. Default: none.
   */
  readonly deadlineMs?: number | undefined;
  /** Where requests wait for the model, higher goes first; equal ones in the order of their arrival. Default: 0. */
  readonly priority?: number | undefined;
  /** Aborted when the client has gone. */
  readonly signal?: AbortSignal | undefined;
  /** Who asked and how, for monitors; nothing is decided by it. Default: that of the target. */
  readonly origin?: RequestOrigin | undefined;
}

export interface StreamCall extends InferCall {
  /**
   * When the stream is cut off that has not ended by then, on the clock of `performance.now()`, in milliseconds; {@link deadlineMs} is for its
   * beginning. Default: never.
   */
  readonly untilMs?: number | undefined;
}

/** Where a request came from. All of it but the protocol is the client's own word, bounded by the protocol that passes it on. */
export interface RequestOrigin {
  /** The name of the protocol that took it, as `rest`. */
  readonly protocol: string;
  /** Which of the protocol's methods it was, as `predict`: one of a few words that are the protocol's own. */
  readonly method?: string | undefined;
  /** When its first bytes came, on the clock of `performance.now()`, in milliseconds. */
  readonly receivedAtMs?: number | undefined;
  /** What the client calls it: the header `x-request-id`, or the request's own `id`; at most 128 characters. */
  readonly requestId?: string | undefined;
  /** The W3C header `traceparent` as it came, at most 128 characters. https://www.w3.org/TR/trace-context/ */
  readonly traceparent?: string | undefined;
  /** The W3C header `tracestate` as it came, at most 512 characters. */
  readonly tracestate?: string | undefined;
}

/**
 * A version that is kept loaded for one request. Dispose it exactly once, when the answer is written as bytes: what passes between
 * acquiring it, the call, its result and disposal is told to monitors as the time for decoding and encoding. Further disposals do nothing.
 */
export interface ServableHandle extends Disposable {
  readonly model: string;
  readonly version: ModelVersion;
  /** The name of the backend that loaded it, as `onnx`. */
  readonly backend: string;
  /** Rows of the largest batch that is run; absent where each request is run on its own. */
  readonly maxBatchSize?: number | undefined;
  readonly signatures: ReadonlyMap<string, Signature>;
  /** How it is run, for protocols that tell of it. */
  readonly facts?: ServableFacts | undefined;

  /** @throws PlinthError `SIGNATURE_NOT_FOUND`, which names the signatures that there are. */
  signature(name?: string): Signature;

  /**
   * Whether one more request would be taken now. For protocols, to be called ahead of reading the tensors, so that an overload costs
   * little; {@link infer} finds the same, only later.
   *
   * @throws PlinthError `QUEUE_FULL` with `details.retryAfterMs`; `EXECUTOR_DIED` where the model's workers have gone and could not be
   * replaced
   */
  admit(): void;

  /**
   * Checks the inputs against the signature and runs the model, together with other requests where its batching says so.
   *
   * @throws PlinthError `SIGNATURE_NOT_FOUND`, `INPUT_MISSING`, `INPUT_UNKNOWN`, `INPUT_DTYPE_MISMATCH`,
   * `INPUT_SHAPE_MISMATCH`, `OUTPUT_UNKNOWN`, `QUEUE_FULL`, `BATCH_TOO_LARGE`, `DEADLINE_EXCEEDED`, `CANCELLED`, `MODEL_RUN_FAILED`;
   * `STREAM_ONLY` for a signature that answers with {@link stream} alone
   */
  infer(call: InferCall): Promise<InferResult>;

  /**
   * Answers one request with all that the model has to say, one answer after the other. The next is asked of the model only when the one
   * before was taken, so that nothing piles up; take the last one before the handle is disposed. A signature that does not stream gives
   * the one answer of {@link infer}.
   *
   * A loop that is left early stops the model. The request is told of once: as answered where the stream has ended or was left, as failed
   * where it throws, or `throw` hands it an error. Streams are neither batched nor mirrored.
   *
   * @throws PlinthError as {@link infer}, also after answers; `DEADLINE_EXCEEDED` at `untilMs`, `CANCELLED` once the client has gone
   */
  stream(call: StreamCall): AsyncGenerator<StreamedResult, void, undefined>;
}

/** How a version is run, all defaults filled in. What was changed since it was loaded holds for the next one that is. */
export interface ServableFacts {
  /** Which of the model's versions are served. */
  readonly versions: VersionPolicy;
  /** Copies of it that run at the same time in this process, at most. */
  readonly instances: number;
  /** Requests that may wait for it. */
  readonly maxQueuedRequests: number;
  /** `undefined`: each request is run on its own. */
  readonly batching: BatchingFacts | undefined;
  /** What a file beside the model says of it. */
  readonly description: ModelDescription | undefined;
}

/** As `batching` of a model in `config.yaml`. */
export interface BatchingFacts {
  readonly maxBatchSize: number;
  readonly maxWaitMs: number;
  /** Sizes that batches are padded to, ascending. Absent: any size is run as it is. */
  readonly allowedBatchSizes?: readonly number[] | undefined;
}

export interface InferResult {
  readonly outputs: NamedTensors;
  readonly model: string;
  /** The version that answered. */
  readonly version: ModelVersion;
  /** The signature that was meant. */
  readonly signature: string;
  readonly timings: InferTimings;
}

/** One of the answers of a stream. Its outputs may be some of those that were asked for. */
export type StreamedResult = Omit<InferResult, "timings">;

/** How long the parts took, in milliseconds. */
export interface InferTimings {
  /** From the call until the model began to run. */
  readonly queueMs: number;
  /**
   * The run itself, of the whole batch where the request was in one; of all its parts where it was run in some. Of a stream, without the
   * time for which the client kept it waiting.
   */
  readonly computeMs: number;
}

export interface Readiness {
  readonly ready: boolean;
  /** Why not: one sentence a model. Empty when ready. */
  readonly reasons: readonly string[];
}
