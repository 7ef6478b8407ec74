import type { InferResult, StreamCall, StreamedResult } from "../../extension-points/model-server.js";
import { PlinthError } from "../../model/errors.js";
import type { NamedTensors } from "../../model/tensor.js";
import type { VersionRecorder } from "../statistics/version-recorder.js";
import type { QueuedStreams, StreamWatch } from "./queued-streams.js";
import type { RequestWatch } from "./servable.js";
import type { StreamRequest } from "./stream-turn.js";

/** A request for a stream that was checked, and who is told of it. */
export interface CountedStream {
  readonly call: StreamCall;
  readonly request: StreamRequest;
  /** On the clock of `performance.now()`. */
  readonly calledAtMs: number;
  /** Whose answers they are. */
  readonly answer: Omit<StreamedResult, "outputs">;
  readonly recorder: VersionRecorder;
  /** Absent: the request is nobody's, so that it is not counted. */
  readonly watch: RequestWatch | undefined;
  /** Called once, when the model has nothing to do with it any more. */
  readonly ended: () => void;
}

/** Answers a request with a stream, which is counted and told of once, when it is over or left. */
export async function* countedStream(
  queue: QueuedStreams,
  { call, request, calledAtMs, answer, recorder, watch, ended }: CountedStream,
): AsyncGenerator<StreamedResult, void, undefined> {
  const times = new StreamTimes(calledAtMs, ended);
  let last: NamedTensors = new Map();
  let error: PlinthError | undefined;
  if (watch !== undefined) recorder.inFlight++;
  try {
    for await (const outputs of queue.stream(request, times)) {
      last = outputs;
      times.answered();
      yield { ...answer, outputs };
    }
  } catch (thrown) {
    error = PlinthError.from(thrown, "MODEL_RUN_FAILED");
    throw error;
  } finally {
    if (error === undefined && request.signal?.aborted) error = new PlinthError("CANCELLED", "The client went away");
    if (watch !== undefined) {
      recorder.inFlight--;
      if (error === undefined) tell(watch, last);
      else watch.failed(call, error, calledAtMs);
    }
  }

  function tell(told: RequestWatch, outputs: NamedTensors): void {
    const finishedAtMs = performance.now();
    const result: InferResult = { ...answer, outputs, timings: times.timings };
    recorder.ran(1, times.timings.computeMs, finishedAtMs);
    told.answered(call, result, calledAtMs, finishedAtMs, 1, times.figures);
  }
}

/** Adds up what is told of a stream. */
class StreamTimes implements StreamWatch {
  readonly ended: () => void;
  readonly #calledAtMs: number;
  #beganAtMs: number;
  #computeMs = 0;
  #answers = 0;
  #firstAnswerMs: number | undefined;

  constructor(calledAtMs: number, ended: () => void) {
    this.#calledAtMs = calledAtMs;
    this.#beganAtMs = calledAtMs;
    this.ended = ended;
  }

  get timings(): InferResult["timings"] {
    return { queueMs: this.#beganAtMs - this.#calledAtMs, computeMs: this.#computeMs };
  }

  get figures(): { readonly answers: number; readonly firstAnswerMs: number | undefined } {
    return { answers: this.#answers, firstAnswerMs: this.#firstAnswerMs };
  }

  began(atMs: number): void {
    this.#beganAtMs = atMs;
  }

  stepped(durationMs: number): void {
    this.#computeMs += durationMs;
  }

  answered(): void {
    if (this.#answers++ === 0) this.#firstAnswerMs = performance.now() - this.#calledAtMs;
  }
}
