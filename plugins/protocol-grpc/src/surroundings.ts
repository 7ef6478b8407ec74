import type { ConfigReload, Logger, ModelServer, ServerLimits } from "@plinth/core";
import type { GrpcOptions } from "./options.js";

/** What answering a request needs. */
export interface Surroundings {
  readonly server: ModelServer;
  readonly configReload: ConfigReload;
  /** Aborts when calls that would go on without end are to end. */
  readonly draining: AbortSignal;
  readonly limits: ServerLimits;
  readonly options: GrpcOptions;
  readonly logger: Logger;
}
