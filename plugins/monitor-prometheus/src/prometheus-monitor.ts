import type { Monitor, ServerEvent } from "@plinth/core";
import type { Figures, MetricNames } from "./metric-names.js";
import { createNames, type MetricsKind } from "./metrics-pages.js";

/** Counts events by the names of one system or several, and prints them when they are asked for. */
export class PrometheusMonitor implements Monitor {
  readonly name = "prometheus";
  readonly #pages: ReadonlyMap<string, readonly MetricNames[]>;
  readonly #observers: readonly MetricNames[];

  /** @param pages whose names are at which path */
  constructor(pages: ReadonlyMap<string, readonly MetricsKind[]>) {
    this.#pages = new Map([...pages].map(([path, kinds]) => [path, kinds.map(createNames)]));
    this.#observers = [...this.#pages.values()].flat();
  }

  async start(): Promise<void> {}

  observe(event: ServerEvent): void {
    for (const names of this.#observers) names.observe(event);
  }

  /** The page at a path, as text; empty where there is none. */
  async page(path: string, figures: Figures): Promise<string> {
    const all = this.#pages.get(path) ?? [];
    for (const names of all) names.read(figures);
    return (await Promise.all(all.map(({ registry }) => registry.metrics()))).join("");
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
