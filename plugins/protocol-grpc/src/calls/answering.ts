import type { StatusObject } from "@grpc/grpc-js";
import { type Logger, PlinthError, type ServerLimits } from "@plinth/core";
import type { ArrivalWatch } from "./arrival-watch.js";
import type { Method } from "./service.js";
import type { SignalPool } from "./signal-pool.js";
import { statusOf } from "./status.js";
import type { UnaryCall } from "./unary-call.js";

/** What answering any call needs. */
export interface CallSurroundings {
  readonly limits: ServerLimits;
  readonly logger: Logger;
  readonly arrivals: ArrivalWatch<UnaryCall>;
  readonly signals: SignalPool;
}

/** What the calls of one method share. */
export class Answering<Kind extends Method = Method> {
  readonly method: Kind;
  readonly surroundings: CallSurroundings;
  readonly #name: string;

  /** `name` as `tensorflow.serving.PredictionService/Predict`. */
  constructor(name: string, method: Kind, surroundings: CallSurroundings) {
    this.#name = name;
    this.method = method;
    this.surroundings = surroundings;
  }

  /** What a client is told of an error; those of the server's own are logged. */
  statusOf(thrown: unknown): StatusObject {
    const error = PlinthError.from(thrown);
    if (error.code === "INTERNAL") this.surroundings.logger.error(`${this.#name} failed`, { error });
    return statusOf(error, this.method.codes);
  }
}
