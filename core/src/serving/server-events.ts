import type { Logger } from "../extension-points/logger.js";
import type { Monitor, ServerEvent } from "../extension-points/monitor.js";

/** Tells every monitor of what happens. A monitor that throws costs a log line the first time, never a request. */
export class ServerEvents {
  readonly #monitors: readonly Monitor[];
  readonly #logger: Logger;
  readonly #complained = new Set<Monitor>();

  constructor(monitors: readonly Monitor[], logger: Logger) {
    this.#monitors = monitors;
    this.#logger = logger;
  }

  /** Whether anybody listens; where not, callers need not make the event. */
  get observed(): boolean {
    return this.#monitors.length > 0;
  }

  emit(event: ServerEvent): void {
    for (const monitor of this.#monitors) {
      try {
        monitor.observe(event);
      } catch (error) {
        if (this.#complained.has(monitor)) continue;
        this.#complained.add(monitor);
        this.#logger.error(`Monitor ${monitor.name} threw; later faults of it are not logged`, { error });
      }
    }
  }
}
