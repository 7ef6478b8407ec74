import { PlinthError } from "@plinth/core";

/** What the store answered, or that it did not: the only error that {@link ObjectStore} throws, aborts apart. */
export class StoreError extends Error {
  /** S3's code, as `NoSuchKey`; a system code, as `ECONNRESET`, where no answer came. */
  readonly code: string;
  /** Of the answer; 0 where none came. */
  readonly status: number;

  constructor(code: string, status: number, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "StoreError";
    this.code = code;
    this.status = status;
  }

  /** Whether there is no such object. */
  get isMissing(): boolean {
    return this.status === 404 && this.code !== "NoSuchBucket";
  }

  /** Whether the object was not at the state that the request asked for. */
  get isConflict(): boolean {
    return this.status === 412 || (this.isMissing && this.code !== "NoSuchUpload");
  }

  /** Whether the same request may succeed a moment later. */
  get isPassing(): boolean {
    return (
      (this.status === 0 && this.code !== "Unknown") ||
      this.status === 408 ||
      this.status === 429 ||
      this.status >= 500 ||
      PASSING.has(this.code)
    );
  }
}

/** Codes of 4xx answers to requests that were right: damaged or cut on their way, or made at the same moment as another. */
const PASSING: ReadonlySet<string> = new Set([
  "BadDigest",
  "ConditionalRequestConflict",
  "IncompleteBody",
  "OperationAborted",
  "RequestTimeout",
  "XAmzContentSHA256Mismatch",
]);

/** What was thrown while `doing`, as `list the bucket models`, for the kernel; what is no {@link StoreError} stays as it is. */
export function storeFailure(doing: string, thrown: unknown): unknown {
  if (!(thrown instanceof StoreError)) return thrown;
  if (thrown.code === "TooLarge")
    return new PlinthError("FILES_INVALID", `Cannot ${doing}: ${thrown.message}`, { cause: thrown });
  const { code, status, message } = thrown;
  const full = FULL.has(code);
  const advice = ADVICE[code] ?? (status === 0 ? ADVICE.unreachable : undefined) ?? "see what the store says";
  return new PlinthError(
    full ? "STORAGE_FULL" : "STORAGE_UNAVAILABLE",
    `Cannot ${doing}: ${message} (${code}); ${advice}`,
    {
      cause: thrown,
      details: { code, status },
    },
  );
}

const FULL: ReadonlySet<string> = new Set(["QuotaExceeded", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded"]);

const ADVICE: Readonly<Record<string, string>> = {
  AccessDenied: "give the access key the right to list, read, write and delete below the prefix",
  AuthorizationHeaderMalformed: "set `region` to that of the bucket",
  ENOTFOUND: "check the host of `endpoint`",
  InvalidAccessKeyId: "check accessKeyId",
  NoSuchBucket: "create the bucket, or mend `bucket`",
  PermanentRedirect: "set `endpoint` and `region` to those of the bucket",
  QuotaExceeded: "remove versions or raise the quota",
  RequestTimeTooSkewed: "set this machine's clock",
  SignatureDoesNotMatch: "check secretAccessKey",
  XMinioStorageFull: "remove versions or add space",
  unreachable: "check `endpoint`, and that the store runs and can be reached from here",
};
