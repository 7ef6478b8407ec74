import type { Logger } from "../extension-points/logger.js";
import type {
  BatchRun,
  Monitor,
  RequestFinished,
  RequestSample,
  Sampling,
  ServerEvent,
} from "../extension-points/monitor.js";
import type { MonitorFigures } from "../extension-points/server-statistics.js";
import { PlinthError } from "../model/errors.js";
import type { NamedTensors } from "../model/tensor.js";
import { jointSampling, Sampler } from "./sampler.js";
import { LiveStatistics } from "./statistics/live-statistics.js";
import type { RequestRecorders } from "./statistics/request-recorders.js";

/**
 * Tells every monitor of what happens, and knows where requests are counted. A monitor that throws costs a counter and, the first time, a
 * log line; never a request.
 */
export class ServerEvents {
  readonly recorders: RequestRecorders;
  readonly #monitors: readonly Monitor[];
  readonly #logger: Logger;
  readonly #faults = new Map<Monitor, number>();
  #sampler: Sampler | undefined;
  /** Those that are told of requests that went well, and of batches. */
  #successHeard: readonly Monitor[];

  constructor(monitors: readonly Monitor[], logger: Logger, recorders: RequestRecorders = new LiveStatistics()) {
    this.#monitors = monitors;
    this.#successHeard = monitors;
    this.#logger = logger;
    this.recorders = recorders;
  }

  /** Whether anybody listens; where not, callers need not make the event. */
  get observed(): boolean {
    return this.#monitors.length > 0;
  }

  /** Whether anybody listens to what went well: requests that were answered, and batches. */
  get successObserved(): boolean {
    return this.#successHeard.length > 0;
  }

  /** Asks the monitors what they want of requests; called once they are started. */
  started(): void {
    const sampling = this.sampling();
    this.#sampler = sampling && new Sampler(sampling);
    this.#successHeard = this.#monitors.filter(({ ignoresSuccess }) => ignoresSuccess !== true);
  }

  /** What the monitors want of requests, all of them together. */
  sampling(): Sampling | undefined {
    return jointSampling(this.#monitors.flatMap(({ sampling }) => sampling ?? []));
  }

  sampleOf(model: string, inputs: NamedTensors, outputs: NamedTensors): RequestSample | undefined {
    return this.#sampler?.sampleOf(model, inputs, outputs);
  }

  sampleOfFailed(inputs: NamedTensors): RequestSample | undefined {
    return this.#sampler?.sampleOfFailed(inputs);
  }

  emit(event: ServerEvent): void {
    this.#tell(this.#monitors, event);
  }

  /** {@link emit}, of what went well. */
  emitSuccess(event: RequestFinished | BatchRun): void {
    this.#tell(this.#successHeard, event);
  }

  figures(): readonly MonitorFigures[] {
    return this.#monitors.map((monitor) => ({ name: monitor.name, faults: this.#faults.get(monitor) ?? 0 }));
  }

  #tell(monitors: readonly Monitor[], event: ServerEvent): void {
    for (const monitor of monitors) {
      try {
        const returned: unknown = monitor.observe(event);
        if (returned instanceof Promise) returned.catch((error) => this.#blame(monitor, error));
      } catch (error) {
        this.#blame(monitor, error);
      }
    }
  }

  #blame(monitor: Monitor, thrown: unknown): void {
    const faults = this.#faults.get(monitor) ?? 0;
    this.#faults.set(monitor, faults + 1);
    if (faults > 0) return;
    const error = PlinthError.from(thrown, "PLUGIN_FAILED");
    this.#logger.error(`Monitor ${monitor.name} threw; later faults of it are counted and not logged`, { error });
  }
}
