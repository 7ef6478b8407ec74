/* What the management API answers with, as far as these pages read it: see /api/openapi.json. */

export interface List<Item> {
  readonly items: readonly Item[];
}

export type VersionState = "stored" | "start" | "loading" | "available" | "unloading" | "end" | "error";

export interface Version {
  readonly version: string;
  readonly state: VersionState;
  readonly since?: string;
  readonly onDemand?: boolean;
  /** How its backend has loaded it. */
  readonly details?: Readonly<Record<string, string>>;
  readonly labels: readonly string[];
  readonly error?: Problem;
}

export interface TrafficRules {
  readonly split: Readonly<Record<string, number>>;
  readonly stickyBy?: string;
  readonly shadow?: { readonly to: string; readonly percent: number };
}

export interface Model {
  readonly model: string;
  readonly served: boolean;
  readonly ready: boolean;
  readonly revision: number;
  readonly versionPolicy: "all" | { readonly latest: number } | readonly string[];
  readonly versions: readonly Version[];
  readonly labels: Readonly<Record<string, string>>;
  readonly traffic: TrafficRules;
  /** What config.yaml says, and where. */
  readonly pins: Readonly<Record<string, string>>;
  readonly error?: Problem;
}

export interface Revision {
  readonly revision: number;
  readonly model: string;
  readonly action: { readonly kind: string } & Readonly<Record<string, unknown>>;
  readonly who: string;
  readonly why?: string;
  readonly at: string;
  readonly before: Readonly<Record<string, unknown>>;
  readonly after: Readonly<Record<string, unknown>>;
}

export interface Latency {
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

export interface Window {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly failed: number;
  readonly latency?: Latency;
  readonly queue?: Latency;
  readonly compute?: Latency;
  readonly errors: Readonly<Record<string, number>>;
}

export interface Point {
  readonly at: string;
  readonly requests: number;
  readonly failed: number;
  readonly latency?: Latency;
  readonly queue?: Latency;
  readonly compute?: Latency;
}

export interface VersionStatistics {
  readonly model: string;
  readonly version: string;
  readonly inFlight: number;
  readonly queued: number;
  readonly minute: Window;
  readonly tenMinutes: Window;
  readonly hour: Window;
  readonly executors: { readonly started: number; readonly died: number };
  readonly series?: readonly Point[];
}

export interface ModelStatistics {
  readonly model: string;
  readonly versions: readonly VersionStatistics[];
}

export interface ProcessFigures {
  readonly role: "main" | "front";
  readonly pid: number;
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
  readonly eventLoopDelay: { readonly mean: number; readonly p99: number; readonly max: number };
}

export interface Statistics {
  readonly models: readonly ModelStatistics[];
  readonly processes: readonly ProcessFigures[];
  readonly monitors: readonly { readonly name: string; readonly faults: number }[];
  /** A budget of 0: there is none. */
  readonly memory: { readonly budgetBytes: number; readonly usedBytes: number };
}

export interface Health {
  readonly live: boolean;
  readonly ready: boolean;
  readonly reasons: readonly string[];
  readonly uptimeMs: number;
  readonly rssBytes: number;
}

/** RFC 9457, with what Plinth adds; or the form of TensorFlow Serving, which has `error` alone. */
export interface Problem {
  readonly error?: string;
  readonly title?: string;
  readonly detail?: string;
  readonly message?: string;
  readonly reason?: string;
  readonly code?: string;
}
