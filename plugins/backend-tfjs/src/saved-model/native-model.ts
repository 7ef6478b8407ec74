import { type LoadedModel, PlinthError } from "@plinth/core";
import type { SavedModel } from "@plinth/saved-model";

export async function openNativeModel(
  directory: string,
  _saved: SavedModel,
  _signal: AbortSignal,
): Promise<LoadedModel> {
  throw new PlinthError("NOT_IMPLEMENTED", directory);
}
