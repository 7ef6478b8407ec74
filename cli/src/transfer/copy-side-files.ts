import { PlinthError, type StoredModel } from "@plinth/core";
import type { BetweenStorages, CopyOutcome } from "./copied.js";

/** A file beside a model's versions, as `config.pbtxt`. */
export interface CopiedSideFile {
  readonly model: string;
  readonly name: string;
  readonly outcome: CopyOutcome;
  readonly bytes: number;
  /** Why it failed. */
  readonly error?: PlinthError;
}

/** Copies what lies beside the versions of these models, as a listing of all of it tells. */
export async function* copySideFiles(
  models: readonly StoredModel[],
  between: BetweenStorages,
): AsyncGenerator<CopiedSideFile> {
  for (const { model, sideFiles } of models) {
    for (const name of [...(sideFiles?.keys() ?? [])].sort()) {
      between.signal.throwIfAborted();
      const copied = await copySideFile(model, name, between);
      if (copied !== undefined) yield { model, name, ...copied };
    }
  }
}

/** `undefined` where it has gone meanwhile. */
async function copySideFile(
  model: string,
  name: string,
  { from, to, signal }: BetweenStorages,
): Promise<Omit<CopiedSideFile, "model" | "name"> | undefined> {
  let bytes = 0;
  try {
    const content = await from.readSideFile?.(model, name, { signal });
    if (content === undefined) return undefined;
    bytes = content.byteLength;
    if (to.addSideFile === undefined) {
      throw new PlinthError("FILES_INVALID", "The target keeps no files beside the versions of a model");
    }
    if (await to.addSideFile(model, name, content, { signal })) return { outcome: "copied", bytes };
    const there = await to.readSideFile?.(model, name, { signal });
    return { outcome: there && Buffer.compare(there, content) === 0 ? "equal" : "different", bytes };
  } catch (thrown) {
    signal.throwIfAborted();
    return { outcome: "failed", bytes, error: PlinthError.from(thrown) };
  }
}
