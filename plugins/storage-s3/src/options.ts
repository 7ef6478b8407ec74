import { type OptionsSchema, SECRET } from "@plinth/core";
import { z } from "zod";

export interface S3StorageOptions {
  readonly bucket: string;
  /** Scheme, host and port of the store. */
  readonly endpoint: string;
  /** What all keys begin with, without slashes at its ends; empty: the models lie at the top of the bucket. */
  readonly prefix: string;
  /** Left out: that of `AWS_REGION` or `AWS_DEFAULT_REGION`, else what the store says. */
  readonly region?: string | undefined;
  /** Whether the bucket stands in the path of a URL or in its host. Amazon's own endpoint always gets the host. */
  readonly addressing: "path" | "virtual-host";
  readonly accessKeyId?: string | undefined;
  readonly secretAccessKey?: string | undefined;
  readonly sessionToken?: string | undefined;
  /** Section of the shared credentials file. */
  readonly profile?: string | undefined;
  /** How long nothing in a version that was laid by hand must have changed before it counts as whole, in milliseconds. */
  readonly settleMs: number;
  /** Absolute path; left out: the user's cache folder. */
  readonly cacheDirectory?: string | undefined;
  /** Most bytes of files that nobody has open which the cache keeps. */
  readonly cacheMaxBytes: number;
}

/** S3 takes keys of 1024 bytes; the rest is for models and paths. */
const MAX_PREFIX_BYTES = 255;

const endpoint = z
  .string()
  .refine(isEndpoint, "Expected http:// or https:// with a host and perhaps a port, as https://s3.example.com:9000")
  .default("https://s3.amazonaws.com")
  .describe("Address of the store: scheme, host and port");

const prefix = z
  .string()
  .transform((text) => text.replace(/\/$/, ""))
  .refine(
    isPrefix,
    `Expected at most ${MAX_PREFIX_BYTES} bytes without a leading slash and without empty, . or .. segments`,
  )
  .default("")
  .describe("Folder of the bucket that holds <model>/<version>/");

export const options: OptionsSchema<S3StorageOptions> = z
  .strictObject({
    bucket: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "Expected 3 to 63 of a-z 0-9 . - as S3 has buckets named")
      .describe("The bucket; it must exist"),
    endpoint,
    prefix,
    region: z
      .string()
      .min(1)
      .optional()
      .describe("Region of the bucket; left out: AWS_REGION, else what the store says"),
    addressing: z
      .enum(["path", "virtual-host"])
      .default("path")
      .describe("Where the bucket stands in a URL: endpoint/bucket/key, or bucket.endpoint/key"),
    accessKeyId: z
      .string()
      .min(1)
      .optional()
      .describe("Together with secretAccessKey; left out: environment, then credentials file"),
    secretAccessKey: z.string().min(1).meta(SECRET).optional().describe("Best taken from the environment"),
    sessionToken: z.string().min(1).meta(SECRET).optional().describe("Of temporary credentials"),
    profile: z
      .string()
      .min(1)
      .optional()
      .describe("Section of the shared credentials file; left out: AWS_PROFILE, else default"),
    settleMs: z
      .int()
      .nonnegative()
      .default(30_000)
      .describe("How long a version laid by hand must have been left alone before it counts as whole, in milliseconds"),
    cacheDirectory: z
      .string()
      .min(1)
      .optional()
      .describe("Folder for downloaded files; left out: the user's cache folder"),
    cacheMaxBytes: z
      .int()
      .nonnegative()
      .default(10 * 1024 ** 3)
      .describe("Most bytes of files that nobody has open which the cache keeps"),
  })
  .refine(({ accessKeyId, secretAccessKey }) => (accessKeyId === undefined) === (secretAccessKey === undefined), {
    message: "Expected accessKeyId and secretAccessKey together, or neither",
    path: ["secretAccessKey"],
  });

function isEndpoint(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, pathname, search, hash, username, password } = new URL(text);
  const bare = pathname === "/" && search === "" && hash === "" && username === "" && password === "";
  return (protocol === "http:" || protocol === "https:") && hostname !== "" && bare;
}

function isPrefix(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be in a key
  const isPlain = text.isWellFormed() && !/[\\\u0000-\u001f\u007f]/.test(text);
  const plain = isPlain && Buffer.byteLength(text) <= MAX_PREFIX_BYTES;
  return text === "" || (plain && text.split("/").every((segment) => !["", ".", ".."].includes(segment)));
}
