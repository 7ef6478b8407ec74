import type { ConfigReload, Logger, ModelServer, ServerLimits } from "@plinth/core";
import type { GrpcOptions } from "./options.js";

/** What answering a request needs. */
export interface Surroundings {
  readonly server: ModelServer;
  readonly configReload: ConfigReload;
  readonly limits: ServerLimits;
  readonly options: GrpcOptions;
  readonly logger: Logger;
}
