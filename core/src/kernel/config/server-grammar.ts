import { isIP } from "node:net";
import { z } from "zod";
import { tokenDigest } from "../../extension-points/management-access.js";
import { SECRET } from "../../extension-points/plugin.js";
import type { ServerSettings } from "../../extension-points/server-settings.js";
import { loading, name } from "./grammar-words.js";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MAX_PROCESSES = 256;
const DIGEST_PREFIX = "sha256:";

/** A token becomes its digest here, so that nothing that the server keeps is worth stealing. */
const managementToken = z
  .string()
  .regex(/^(?:sha256:[0-9a-f]{64}|(?!sha256:)[\x21-\x7e]{16,512})$/, {
    error: "expected a token of 16 to 512 characters without spaces, or sha256: and 64 hexadecimal digits",
  })
  .transform((token) => (token.startsWith(DIGEST_PREFIX) ? token.slice(DIGEST_PREFIX.length) : tokenDigest(token)))
  .meta(SECRET);

/** What stands below `server`. */
export const serverSection: z.ZodType<ServerSettings> = z
  .strictObject({
    host: z
      .string()
      .refine(isHost, { error: "expected an IP address or a host name, without a port" })
      .default("127.0.0.1")
      .describe("Address to listen on: an IP address or a host name; `0.0.0.0` and `::` listen on every interface."),
    processes: z
      .union([z.int().min(1).max(MAX_PROCESSES), z.literal("auto")], {
        error: `expected \`auto\` or a whole number from 1 to ${MAX_PROCESSES}`,
      })
      .default(1)
      .describe(
        "Processes that answer requests on the same ports, each with a copy of every loaded version: 1 to 256, or `auto`, one for each " +
          "core. With more than one, another one decides what runs.",
      ),
    shutdownDeadlineMs: z
      .int()
      .min(0)
      .max(HOUR_MS)
      .default(30_000)
      .describe(
        "Longest that stopping may take before requests under way are cut, in milliseconds; 0 cuts them at once.",
      ),
    pollIntervalMs: z
      .int()
      .min(0)
      .max(DAY_MS)
      .refine((pauseMs) => pauseMs === 0 || pauseMs >= 10, { error: "expected 0, or 10 to 86400000" })
      .default(1_000)
      .describe(
        "Pause between two looks into the storage for new versions, in milliseconds, at least 10; 0: it looks once.",
      ),
    memoryBudgetBytes: z
      .int()
      .min(0)
      .default(0)
      .describe(
        "What all versions in memory may need together, in bytes; a version counts 1.2 times its files. One that does not fit is " +
          "not loaded. 0: no bound.",
      ),
    loading: loading
      .default("eager")
      .describe(
        "When versions are loaded: `eager` at once and to stay, `lazy` for the first request and only as long as the memory " +
          "is not needed for others. A model may say otherwise.",
      ),
    idleUnloadMs: z
      .int()
      .min(0)
      .max(DAY_MS)
      .default(0)
      .describe(
        "How long a lazy version stays in memory that nobody uses, in milliseconds. 0: until others need the memory.",
      ),
    protectedLabels: z
      .array(name)
      .max(1_000)
      .default([])
      .describe("Labels that are only moved or removed with a reason."),
    managementTokens: z
      .record(name, managementToken)
      .transform((tokens): ReadonlyMap<string, string> => new Map(Object.entries(tokens)))
      .prefault({})
      .describe(
        "Tokens with which the server may be managed from anywhere, by the names under which their changes stand in the history: " +
          "16 characters or more, best from the environment, or `sha256:` and the digest of one. None: callers on the server's own " +
          "machine manage it, without a token.",
      ),
    limits: z
      .strictObject({
        maxRequestBytes: z
          .int()
          .min(1)
          .max(2 ** 31 - 1)
          .default(64 * 1024 * 1024)
          .describe("Largest body of a request, compressed and unpacked alike, in bytes."),
        requestTimeoutMs: z
          .int()
          .min(1)
          .max(HOUR_MS)
          .default(30_000)
          .describe("Longest time for a request to arrive whole, in milliseconds."),
        inferenceTimeoutMs: z
          .int()
          .min(1)
          .max(HOUR_MS)
          .default(30_000)
          .describe(
            "Longest that a request may take from its arrival to its model's answer, in milliseconds; clients may ask for less.",
          ),
        streamTimeoutMs: z
          .int()
          .min(1)
          .max(DAY_MS)
          .default(600_000)
          .describe(
            "Longest that a stream of answers may take, from the request's arrival until its end, in milliseconds; clients may ask for less.",
          ),
        maxConnections: z
          .int()
          .min(1)
          .max(1_000_000)
          .default(1_024)
          .describe("Most connections open at once, for each listening port."),
      })
      .prefault({})
      .describe("Bounds on what clients may send."),
  })
  .prefault({})
  .describe("Address, limits and shutdown, the same for all protocols.");

function isHost(host: string): boolean {
  return isIP(host) > 0 || (host.length <= 253 && /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\.?$/i.test(host));
}
