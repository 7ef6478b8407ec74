import { createRequire } from "node:module";
import type { Route } from "@plinth/core";
import { type TlsOptions, tlsOptions } from "@plinth/server-tls";
import { z } from "zod";

/** TensorFlow Serving's REST port, as its container images have it. */
const DEFAULT_PORT = 8501;

const { version: VERSION } = createRequire(import.meta.url)("../package.json") as { readonly version: string };

export interface RestOptions {
  /** Port to listen on; 0 takes any that is free. */
  readonly port: number;
  /** Absent: plain text is spoken. */
  readonly tls?: TlsOptions | undefined;
  /** What the server calls itself in `GET /v2`. Default: plinth. */
  readonly serverName?: string | undefined;
  /** The version that it says there. Default: that of this package. */
  readonly serverVersion?: string | undefined;
  /** Who may load and unload models and change settings over `/v2`. Default: `management`. */
  readonly repositoryAccess?: Route["access"] | undefined;
}

export const DEFAULT_SERVER_NAME = "plinth";
export const DEFAULT_SERVER_VERSION: string = VERSION;

export const restOptions: z.ZodType<RestOptions> = z.strictObject({
  port: z
    .int()
    .min(0)
    .max(65_535)
    .default(DEFAULT_PORT)
    .describe(`Port to listen on; 0 takes any that is free. Default: ${DEFAULT_PORT}`),
  tls: tlsOptions
    .optional()
    .describe(
      "TLS on the port. Paths are relative to the folder of the configuration; files that change are read again.",
    ),
  serverName: z
    .string()
    .min(1)
    .default(DEFAULT_SERVER_NAME)
    .describe("What the server calls itself in GET /v2; some clients of Triton want triton. Default: plinth"),
  serverVersion: z
    .string()
    .min(1)
    .default(DEFAULT_SERVER_VERSION)
    .describe("The version that it says there. Default: that of the plugin"),
  repositoryAccess: z
    .enum(["management", "public"])
    .default("management")
    .describe(
      "Who may load and unload models over /v2: callers that may manage the server, as on its own machine (management), or " +
        "everybody who reaches it (public). Default: management",
    ),
});
