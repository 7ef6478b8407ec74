import type { ModelStorage } from "../../extension-points/storage.js";
import { PlinthError } from "../../model/errors.js";
import type { ModelVersion } from "../../model/model-version.js";

/** Takes everything of a model out of the storage: these versions, and what lies beside them. Goes on where it broke off before. */
export async function clearModel(
  storage: ModelStorage,
  model: string,
  versions: readonly ModelVersion[],
  signal: AbortSignal,
): Promise<void> {
  for (const version of versions) await removeIfThere(storage, model, version, signal);
  await storage.removeModel?.(model, { signal });
}

async function removeIfThere(
  storage: ModelStorage,
  model: string,
  version: ModelVersion,
  signal: AbortSignal,
): Promise<void> {
  try {
    await storage.remove(model, version, { signal });
  } catch (thrown) {
    // Somebody else was first.
    if (PlinthError.from(thrown).reason !== "VERSION_NOT_FOUND") throw thrown;
  }
}
