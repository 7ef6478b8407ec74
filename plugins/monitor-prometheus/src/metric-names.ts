import type { ModelServer, ServerEvent, ServerStatistics } from "@plinth/core";
import type { Registry } from "prom-client";

/** What is read when somebody asks for the metrics. */
export interface Figures {
  readonly server: ModelServer;
  readonly statistics: ServerStatistics;
}

/** The metrics under one system's names. */
export interface MetricNames {
  /** What it is printed from. */
  readonly registry: Registry;

  /** Counts one event; must be quick. */
  observe(event: ServerEvent): void;

  /** Takes over what is read. Called ahead of each printing. */
  read(figures: Figures): void;
}
