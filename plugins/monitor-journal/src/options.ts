import type { OptionsSchema } from "@plinth/core";
import { z } from "zod";

export interface JournalOptions {
  /** Relative to the configuration's folder. */
  readonly directory: string;
  /** `memory`: it is gone with the process, and needs no folder. */
  readonly keep: "files" | "memory";
  /** What all of the journal may take, on the disk or in memory; the oldest goes first. */
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  /** When what is written is forced to the disk. */
  readonly fsync: "each-write" | "each-second" | "never";
  readonly failures: {
    /** Whether inputs are kept of requests that fail. */
    readonly inputs: boolean;
    /** Most failed requests that are written in a second; of the others only how many there were. */
    readonly maxPerSecond: number;
  };
  readonly requests: {
    /** Share of the requests that are kept with their tensors, 0 to 1. */
    readonly share: number;
    readonly models: Readonly<Record<string, number>>;
    readonly formats: readonly ("json" | "tfrecord")[];
    /** Inputs and outputs whose values are left out; `*`: all of them. */
    readonly redact: readonly string[];
    /** Larger ones are left out, in bytes of their tensors. */
    readonly maxTensorBytes: number;
  };
}

const MIB = 1024 * 1024;
const share = z.number().min(0).max(1);

export const journalOptions: OptionsSchema<JournalOptions> = z
  .strictObject({
    directory: z
      .string()
      .min(1)
      .default("./journal")
      .describe("Where it is kept, relative to the configuration's folder."),
    keep: z
      .enum(["files", "memory"])
      .default("files")
      .describe("memory: in this process alone, gone when it ends; `maxBytes` should then be small."),
    maxBytes: z
      .int()
      .min(MIB)
      .default(256 * MIB)
      .describe("What all of it may take, on the disk or in memory, in bytes; the oldest goes first."),
    maxAgeMs: z
      .int()
      .min(60_000)
      .default(30 * 86_400_000)
      .describe("How long an entry is kept, in milliseconds."),
    fsync: z
      .enum(["each-write", "each-second", "never"])
      .default("each-second")
      .describe(
        "When it is forced to the disk. A killed process loses nothing in any case that was written; a power cut does.",
      ),
    failures: z
      .strictObject({
        inputs: z.boolean().default(false).describe("Keep the inputs of requests that fail."),
        maxPerSecond: z
          .int()
          .min(1)
          .max(10_000)
          .default(20)
          .describe("Most failed requests that are written in a second; of the others, how many there were."),
      })
      .prefault({}),
    requests: z
      .strictObject({
        share: share.default(0).describe("Share of the requests that are kept with their tensors, 0 to 1."),
        models: z.record(z.string(), share).default({}).describe("The same for single models, by name."),
        formats: z
          .array(z.enum(["json", "tfrecord"]))
          .min(1)
          .default(["json"])
          .describe("json: as entries; tfrecord: as TensorFlow Serving's PredictionLog, in files of their own."),
        redact: z
          .array(z.string())
          .default([])
          .describe('Inputs and outputs whose values are left out, also of requests that fail; "*": all.'),
        maxTensorBytes: z
          .int()
          .min(1)
          .max(16 * MIB)
          .default(65_536)
          .describe("Requests whose tensors take more bytes are not kept."),
      })
      .prefault({}),
  })
  .refine(({ keep, requests }) => keep === "files" || !requests.formats.includes("tfrecord"), {
    message: "expected keep: files beside the format tfrecord, whose records are files",
    path: ["keep"],
  });
