import type { Logger } from "@plinth/core";
import { OpenTelemetryMonitor, openTelemetryOptions } from "../src/index.js";

export class HeardLogger implements Logger {
  readonly lines: string[] = [];

  debug(): void {}
  info(message: string): void {
    this.lines.push(message);
  }
  warn(message: string): void {
    this.lines.push(message);
  }
  error(message: string): void {
    this.lines.push(message);
  }
  child(): Logger {
    return this;
  }
}

/** A monitor that sends to this collector, with every default but for these options. */
export function monitorFor(
  url: string,
  options: object = {},
  logger: Logger = new HeardLogger(),
): OpenTelemetryMonitor {
  return new OpenTelemetryMonitor({ ...openTelemetryOptions.parse({ url, exportIntervalMs: 20, ...options }), logger });
}
