import type { Logger, RequestFinished } from "@plinth/core";
import { predictionLog } from "./prediction-log.js";
import { RecordFiles } from "./record-file.js";

/** Sampled requests as TensorFlow Serving's logs, in files of their own. */
export class SampledRequests implements AsyncDisposable {
  readonly #files: RecordFiles;
  readonly #redact: readonly string[];

  /** @param redact inputs and outputs that keep only dtype and shape */
  constructor(directory: string, maxBytes: number, redact: readonly string[], logger: Logger) {
    this.#files = new RecordFiles(directory, maxBytes, logger);
    this.#redact = redact;
  }

  start(): Promise<void> {
    return this.#files.start();
  }

  /** @param share of the requests that are sampled */
  add(event: RequestFinished, share: number): void {
    this.#files.add(predictionLog(event, share, this.#redact));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#files[Symbol.asyncDispose]();
  }
}
