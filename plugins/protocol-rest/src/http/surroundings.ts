import type { Logger, ModelServer, ServerLimits, ServerSettings } from "@plinth/core";

/** What answering a request needs, on the fast way and on Koa's. */
export interface Surroundings {
  readonly server: ModelServer;
  readonly limits: ServerLimits;
  /** As {@link ServerSettings.managementTokens}. */
  readonly managementTokens: ServerSettings["managementTokens"];
  readonly logger: Logger;
  /** Aborts when no more requests are taken, so that answers without an end come to one. */
  readonly draining: AbortSignal;
  /** Whether connections are to be closed after the answer that is under way on them. */
  isDraining(): boolean;
}
