import type { ConfigReload, Logger, ModelServer, Route, ServerLimits, ServerSettings } from "@plinth/core";
import type { GrpcOptions } from "./options.js";

/** What answering a request needs. */
export interface Surroundings {
  readonly server: ModelServer;
  readonly configReload: ConfigReload;
  /** What plugins contribute; among them what the main process answers for this one. */
  readonly routes: readonly Route[];
  /** Aborts when calls that would go on without end are to end. */
  readonly draining: AbortSignal;
  readonly limits: ServerLimits;
  /** As {@link ServerSettings.managementTokens}. */
  readonly managementTokens: ServerSettings["managementTokens"];
  readonly options: GrpcOptions;
  readonly logger: Logger;
}
