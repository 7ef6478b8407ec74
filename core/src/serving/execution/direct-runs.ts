import { PlinthError } from "../../model/errors.js";
import type { ExecutedModel } from "./executed-model.js";
import type { RunOutcome, RunQueue, RunRequest } from "./run-queue.js";

/** For models that run at once whatever comes: nothing waits. */
export class DirectRuns implements RunQueue {
  readonly #model: ExecutedModel;

  constructor(model: ExecutedModel) {
    this.#model = model;
  }

  admit(): void {}

  async run(request: RunRequest): Promise<RunOutcome> {
    const startedAtMs = performance.now();
    checkStillWanted(request, startedAtMs);
    return { outputs: await this.#model.run(request), startedAtMs };
  }

  [Symbol.dispose](): void {}
}

/** @throws PlinthError `DEADLINE_EXCEEDED`, `CANCELLED` */
export function checkStillWanted({ deadlineMs, signal }: RunRequest, nowMs: number): void {
  if (deadlineMs !== undefined && nowMs >= deadlineMs) {
    throw new PlinthError(
      "DEADLINE_EXCEEDED",
      "The request's deadline passed before the model could run; it was not run",
    );
  }
  if (signal?.aborted) throw new PlinthError("CANCELLED", "The client went away before the model could run");
}
