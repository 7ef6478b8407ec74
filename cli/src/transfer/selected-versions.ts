import { type ModelVersion, newestFirst, PlinthError, parseModelVersion, type StoredModel } from "@plinth/core";
import { CommandFailure, EXIT_NOT_FOUND } from "../exit.js";

export interface NamedVersion {
  readonly model: string;
  readonly version: ModelVersion;
}

/**
 * The versions of a listing that are meant by words as `digits` and `digits@3`; all where there are no words. By model, the oldest
 * first, so that whoever serves what is copied goes from version to version as its users did.
 *
 * @throws CommandFailure for what is not there; PlinthError where a model that is meant cannot be read
 */
export function selectedVersions(listed: readonly StoredModel[], words: readonly string[]): readonly NamedVersion[] {
  const models = new Map(listed.map((each) => [each.model, each]));
  const selected = new Map<string, NamedVersion>();
  for (const word of words.length > 0 ? words : [...models.keys()].sort()) {
    for (const named of versionsOf(word, models)) selected.set(`${named.model}@${named.version}`, named);
  }
  return [...selected.values()];
}

function versionsOf(word: string, models: ReadonlyMap<string, StoredModel>): readonly NamedVersion[] {
  const { model, version } = parseWord(word, models);
  const stored = models.get(model);
  if (stored === undefined) throw new CommandFailure(`There is no model ${model} to copy`, EXIT_NOT_FOUND);
  if (stored.error !== undefined) throw PlinthError.from(stored.error);
  const versions = stored.versions.map((each) => each.version).sort((left, right) => newestFirst(right, left));
  if (version === undefined) return versions.map((each) => ({ model, version: each }));
  if (versions.includes(version)) return [{ model, version }];
  throw new CommandFailure(`There is no complete version ${version} of model ${model} to copy`, EXIT_NOT_FOUND);
}

/** A model may have an `@` in its name. */
function parseWord(word: string, models: ReadonlyMap<string, StoredModel>): Partial<NamedVersion> & { model: string } {
  const at = word.lastIndexOf("@");
  const version = at > 0 ? parseModelVersion(word.slice(at + 1)) : undefined;
  return version === undefined || models.has(word) ? { model: word } : { model: word.slice(0, at), version };
}
