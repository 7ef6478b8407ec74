import { createRequire } from "node:module";
import type { Route } from "@plinth/core";
import { type TlsOptions, tlsOptions } from "@plinth/server-tls";
import { z } from "zod";

/** TensorFlow Serving's gRPC port. */
const DEFAULT_PORT = 8500;

const { version: VERSION } = createRequire(import.meta.url)("../package.json") as { readonly version: string };

const HOUR_MS = 3_600_000;

/** Longest that a timer of Node runs. */
const MAX_MS = 2 ** 31 - 1;

export interface GrpcOptions {
  /** Port to listen on; 0 takes any that is free, `shared` is that of the protocol which shares its own, `none` listens on none. */
  readonly port: number | "shared" | "none";
  /** A unix socket to listen on as well. Relative to the configuration's folder. */
  readonly socketPath?: string | undefined;
  /** Absent: plain text is spoken. */
  readonly tls?: TlsOptions | undefined;
  /** Most calls under way on one connection. */
  readonly maxConcurrentStreams: number;
  readonly keepAlive: KeepAliveOptions;
  /** Whether clients may ask which services and messages there are. */
  readonly reflection: boolean;
  /** Where replies of TensorFlow Serving's Predict have the elements of their tensors. */
  readonly replies: "values" | "content";
  /** What the server calls itself in `ServerMetadata`, and the version that it says. */
  readonly serverName: string;
  readonly serverVersion: string;
  /** Who may load and unload models and change settings over `GRPCInferenceService`. */
  readonly repositoryAccess: Route["access"];
}

/** All in milliseconds. */
export interface KeepAliveOptions {
  /** After how long without anything from a client it is asked whether it is there; 0: never. */
  readonly pingAfterMs: number;
  readonly pingTimeoutMs: number;
  /** How long a connection without calls is kept; 0: for ever. */
  readonly maxIdleMs: number;
  /** How long a connection is kept at all, a tenth more or less; 0: for ever. */
  readonly maxAgeMs: number;
  /** How long calls may go on that are under way then; 0: as long as they take. */
  readonly maxAgeGraceMs: number;
}

export const grpcOptions: z.ZodType<GrpcOptions> = z
  .strictObject({
    port: z
      .union([z.int().min(0).max(65_535), z.enum(["shared", "none"])], {
        error:
          "expected a port from 0 to 65535, `shared` for the one that REST listens on, or `none` to listen on `socketPath` alone",
      })
      .default(DEFAULT_PORT)
      .describe(
        "Port to listen on; 0 takes any that is free, `shared` is the one that REST listens on, `none` listens on socketPath alone. " +
          `Default: ${DEFAULT_PORT}`,
      ),
    socketPath: z
      .string()
      .min(1)
      .optional()
      .describe("A unix socket to listen on as well, relative to the folder of the configuration."),
    tls: tlsOptions
      .optional()
      .describe(
        "TLS on the port and the socket. Paths are relative to the folder of the configuration; files that change are read again.",
      ),
    maxConcurrentStreams: z
      .int()
      .min(1)
      .max(100_000)
      .default(1_000)
      .describe("Most calls under way on one connection; clients wait with the next. Default: 1000"),
    keepAlive: z
      .strictObject({
        pingAfterMs: milliseconds(
          2 * HOUR_MS,
          "After how long a connection is asked whether its client is there, and again and again; 0: never.",
        ),
        pingTimeoutMs: milliseconds(20_000, "How long it may take to answer before the connection is cut."),
        maxIdleMs: milliseconds(0, "How long a connection without calls is kept; 0: for ever."),
        maxAgeMs: milliseconds(
          0,
          "How long a connection is kept at all, a tenth more or less, so that clients come anew and find other servers; 0: for ever.",
        ),
        maxAgeGraceMs: milliseconds(
          0,
          "How long calls may go on that are under way at that age; 0: as long as they take.",
        ),
      })
      .prefault({})
      .describe("When connections end that nobody closes."),
    reflection: z
      .boolean()
      .default(true)
      .describe("Whether clients may ask which services and messages there are. Default: true"),
    replies: z
      .enum(["values", "content"])
      .default("values")
      .describe(
        "Where replies of TensorFlow Serving's Predict have the elements of their tensors: `values` in the field of their type, as " +
          "float_val, `content` in tensor_content, which is made faster for whole numbers. Default: values",
      ),
    serverName: z
      .string()
      .min(1)
      .default("plinth")
      .describe("What the server calls itself in ServerMetadata; some clients of Triton want triton. Default: plinth"),
    serverVersion: z
      .string()
      .min(1)
      .default(VERSION)
      .describe("The version that it says there. Default: that of the plugin"),
    repositoryAccess: z
      .enum(["management", "public"])
      .default("management")
      .describe(
        "Who may load and unload models over GRPCInferenceService: callers on the server's own machine (management), or everybody " +
          "who reaches it (public). Default: management",
      ),
  })
  .refine(({ port, socketPath }) => port !== "none" || socketPath !== undefined, {
    path: ["port"],
    error: "expected a port, since there is no socketPath to listen on either",
  })
  .refine(({ port, tls }) => port !== "shared" || tls === undefined, {
    path: ["tls"],
    error:
      "expected none with `port: shared`: the protocol that listens there has it. Write it at that one, as { use: rest, tls: … }",
  });

function milliseconds(value: number, what: string): z.ZodDefault<z.ZodInt> {
  return z.int().min(0).max(MAX_MS).default(value).describe(`${what} In milliseconds. Default: ${value}`);
}
