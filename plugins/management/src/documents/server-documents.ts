import { type ConfigSetting, type ModelStorage, PlinthError, type ServerConfiguration } from "@plinth/core";
import type { ConfigurationDocument, StorageStateDocument } from "../server-resources.js";
import { errorJson } from "./document-json.js";

/** Longest that a storage may take to tell of itself, in milliseconds. */
const STORAGE_TIMEOUT_MS = 10_000;

/** A record that there never is, at a revision that there never was: taking it away changes nothing, but tells whether it could. */
const PROBE = { key: "probe", revision: "none" } as const;

export function configurationDocument(running: ServerConfiguration): ConfigurationDocument {
  const { file, lastReload } = running;
  return {
    file,
    settings: running.settings().map(settingJson),
    ...(lastReload !== undefined && {
      lastReload: {
        at: new Date(lastReload.atMs).toISOString(),
        ...(lastReload.error !== undefined && { error: errorJson(lastReload.error) }),
      },
    }),
    _links: { self: { href: "/api/config" }, reload: { href: "/api/reload" }, plugins: { href: "/api/plugins" } },
  };
}

function settingJson({ path, value, position, variables }: ConfigSetting): ConfigurationDocument["settings"][number] {
  return {
    path,
    ...(value === undefined ? { secret: true as const } : { value }),
    ...(position !== undefined && { position }),
    variables: [...variables],
  };
}

/** @param use how the configuration names it */
export async function storageDocument(
  storage: ModelStorage,
  use: string,
  signal: AbortSignal,
): Promise<StorageStateDocument> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(STORAGE_TIMEOUT_MS)]);
  const [held, records] = await Promise.all([heldBy(storage, limited), recordsOf(storage, limited)]);
  const _links = { self: { href: "/api/storage" }, models: { href: "/api/models" }, config: { href: "/api/config" } };
  return { use, ...held, watches: storage.watch !== undefined, records, _links };
}

async function heldBy(
  storage: ModelStorage,
  signal: AbortSignal,
): Promise<Pick<StorageStateDocument, "models" | "versions" | "unreadable" | "error">> {
  try {
    const stored = await storage.list({ signal });
    return {
      models: stored.length,
      versions: stored.reduce((sum, { versions }) => sum + versions.length, 0),
      unreadable: stored.flatMap(({ model, error }) =>
        error === undefined ? [] : [{ model, error: errorJson(error) }],
      ),
    };
  } catch (thrown) {
    return { models: 0, versions: 0, unreadable: [], error: errorJson(PlinthError.from(thrown)) };
  }
}

async function recordsOf({ records }: ModelStorage, signal: AbortSignal): Promise<StorageStateDocument["records"]> {
  try {
    await records.delete(PROBE.key, PROBE.revision, { signal });
  } catch (thrown) {
    const error = PlinthError.from(thrown);
    if (error.reason !== "RECORD_CONFLICT") return { writable: false, error: errorJson(error) };
  }
  return { writable: true };
}
