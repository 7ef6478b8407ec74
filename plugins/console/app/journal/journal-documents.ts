/* What the journal answers with, as far as these pages read it: see /api/openapi.json. */

export type Level = "info" | "warn" | "error";

export interface Entry {
  readonly id: number;
  readonly at: string;
  readonly level: Level;
  readonly kind: string;
  readonly message: string;
  readonly model?: string;
  readonly version?: string;
  readonly reason?: string;
  readonly code?: string;
  readonly stack?: string;
  readonly requestId?: string;
  readonly traceparent?: string;
  readonly protocol?: string;
  readonly signature?: string;
  readonly durationMs?: number;
  readonly inputs?: unknown;
  readonly outputs?: unknown;
  readonly details?: Readonly<Record<string, unknown>>;
}

export interface JournalPage {
  readonly items: readonly Entry[];
  readonly dropped: number;
  readonly kept: { readonly in: "files" | "memory"; readonly maxBytes: number; readonly maxAgeMs: number };
  readonly _links: Readonly<Record<string, { readonly href: string }>>;
}

export interface Step {
  readonly at: string;
  readonly info: number;
  readonly warn: number;
  readonly error: number;
}

export interface Group {
  readonly kind: string;
  readonly reason?: string;
  readonly model?: string;
  readonly version?: string;
  readonly level: Level;
  readonly count: number;
  readonly firstAt: string;
  readonly lastAt: string;
  readonly lastId: number;
  readonly message: string;
}

export interface JournalSummary {
  readonly since: string;
  readonly until: string;
  readonly stepMs: number;
  readonly total: number;
  readonly steps: readonly Step[];
  readonly groups: readonly Group[];
  readonly otherGroups: number;
  readonly lookedBackTo?: string;
}
