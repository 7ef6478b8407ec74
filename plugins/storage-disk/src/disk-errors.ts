import { PlinthError } from "@plinth/core";

/** The operating system's name for what went wrong, as `ENOENT`. */
export function systemCode(thrown: unknown): string | undefined {
  return thrown instanceof Error && "code" in thrown && typeof thrown.code === "string" ? thrown.code : undefined;
}

/** Whether there is nothing at the path that was asked for. */
export function isAbsent(thrown: unknown): boolean {
  return ["ENOENT", "ENOTDIR"].includes(systemCode(thrown) ?? "");
}

/** What the promise gives, `undefined` where there is nothing at the path. */
export async function unlessAbsent<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (thrown) {
    if (isAbsent(thrown)) return undefined;
    throw thrown;
  }
}

/** What the promise gives; a failure says what was tried, as `write /models/m/1`, unless `signal` is the cause of it. */
export async function onDisk<T>(doing: string, promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await promise;
  } catch (thrown) {
    signal?.throwIfAborted();
    throw diskError(doing, thrown);
  }
}

export function diskError(doing: string, cause: unknown): PlinthError {
  const code = systemCode(cause);
  const message = `Cannot ${doing}: ${cause instanceof Error ? cause.message : cause}; ${ADVICE[code ?? ""] ?? "check the disk"}`;
  const full = code === "ENOSPC" || code === "EDQUOT";
  const reason = full ? "STORAGE_FULL" : "STORAGE_UNAVAILABLE";
  return new PlinthError(reason, message, { cause, details: { code } });
}

const ADVICE: Readonly<Record<string, string>> = {
  EACCES: "give the server's user the right to do so",
  EPERM: "give the server's user the right to do so",
  EROFS: "the file system is mounted read-only",
  ENOSPC: "remove versions or add space",
  EDQUOT: "remove versions or raise the quota",
  ENOENT: "check that it exists and is mounted",
  ENOTDIR: "a file stands where a folder is expected",
  ELOOP: "a symbolic link leads in a circle",
  EXDEV: "all of the root must lie on one file system for versions to be published and removed",
};
