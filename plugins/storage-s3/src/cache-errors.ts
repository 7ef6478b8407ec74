import { PlinthError } from "@plinth/core";

/** What the promise gives, `undefined` where there is nothing at the path. */
export async function unlessAbsent<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (thrown) {
    if (["ENOENT", "ENOTDIR"].includes(systemCode(thrown) ?? "")) return undefined;
    throw thrown;
  }
}

/** What the file system refused, while `doing`, as `create /cache`. */
export function cacheError(doing: string, cause: unknown): PlinthError {
  const code = systemCode(cause) ?? "";
  const full = code === "ENOSPC" || code === "EDQUOT";
  const advice = ADVICE[code] ?? "check the disk, or set cacheDirectory to a folder on another one";
  return new PlinthError(
    full ? "STORAGE_FULL" : "STORAGE_UNAVAILABLE",
    `Cannot ${doing} in the cache of downloaded files: ${cause instanceof Error ? cause.message : cause}; ${advice}`,
    { cause, details: { code } },
  );
}

function systemCode(thrown: unknown): string | undefined {
  return thrown instanceof Error && "code" in thrown && typeof thrown.code === "string" ? thrown.code : undefined;
}

const ADVICE: Readonly<Record<string, string>> = {
  EACCES: "give the server's user the right to do so, or set cacheDirectory to a folder of its own",
  EPERM: "its file system must take hard links: set cacheDirectory to a folder on one that does",
  EROFS: "set cacheDirectory to a folder that can be written to",
  ENOTSUP: "its file system must take hard links: set cacheDirectory to a folder on one that does",
  ENOSPC: "lower cacheMaxBytes, or set cacheDirectory to a folder with more room",
  EDQUOT: "lower cacheMaxBytes, or set cacheDirectory to a folder with more room",
};
