import type { VersionState } from "@plinth/core";
import type { Registry } from "prom-client";
import { LabelledCounter } from "../labelled.js";
import type { Figures } from "../metric-names.js";

const STATES: readonly VersionState[] = ["start", "loading", "available", "unloading", "end", "error"];

const SECONDS = 1 / 1_000;

/** What is read from the server when the metrics are asked for. */
export class ServerGauges {
  readonly #gauges: ReturnType<typeof createGauges>;

  constructor(registry: Registry) {
    this.#gauges = createGauges(registry);
  }

  read({ server, statistics }: Figures): void {
    set(this.#gauges.ready, {}, server.readiness().ready ? 1 : 0);
    this.#readModels(server);
    for (const { versions } of statistics.models()) {
      for (const { model, version: number, inFlight, queued, executors } of versions) {
        const labels = { model, version: String(number) };
        set(this.#gauges.inFlight, labels, inFlight);
        set(this.#gauges.queued, labels, queued);
        set(this.#gauges.started, labels, executors.started);
        set(this.#gauges.died, labels, executors.died);
      }
    }
    this.#readProcesses(statistics);
    for (const { name, faults } of statistics.monitors()) set(this.#gauges.faults, { monitor: name }, faults);
  }

  #readModels(server: Figures["server"]): void {
    this.#gauges.state.drop(() => true);
    for (const { model, versions } of server.models()) {
      for (const { version: number, state } of versions) {
        for (const each of STATES) {
          set(this.#gauges.state, { model, version: String(number), state: each }, each === state ? 1 : 0);
        }
      }
    }
  }

  #readProcesses(statistics: Figures["statistics"]): void {
    for (const [index, { role, rssBytes, heapUsedBytes, eventLoopDelay }] of statistics.processes().entries()) {
      const process = role === "main" ? role : `${role} ${index}`;
      set(this.#gauges.memory, { process, kind: "resident" }, rssBytes);
      set(this.#gauges.memory, { process, kind: "heap" }, heapUsedBytes);
      for (const figure of ["mean", "p99", "max"] as const) {
        set(this.#gauges.delay, { process, figure }, eventLoopDelay[figure] * SECONDS);
      }
    }
  }
}

function createGauges(registry: Registry) {
  const counter = (name: string, help: string) => new LabelledCounter(registry, name, help);
  const gauge = (name: string, help: string) => new LabelledCounter(registry, name, help, "gauge");
  return {
    ready: gauge("plinth_ready", "1 where every model has an available version"),
    state: gauge("plinth_model_state", "1 for the state that a version is in, 0 for the others"),
    inFlight: gauge("plinth_requests_in_flight", "Requests under way, those that wait included"),
    queued: gauge("plinth_queue_depth", "Requests that wait for the model"),
    started: counter("plinth_executors_started_total", "Instances in workers that were started"),
    died: counter("plinth_executor_deaths_total", "Instances in workers that died"),
    memory: gauge("plinth_process_memory_bytes", "Memory of the server's processes, by kind"),
    delay: gauge("plinth_event_loop_delay_seconds", "How late timers come in the server's processes"),
    faults: counter("plinth_monitor_faults_total", "Events on which a monitor threw"),
  };
}

function set(metric: LabelledCounter, labels: Readonly<Record<string, string>>, value: number): void {
  metric.series(labels).value = value;
}
