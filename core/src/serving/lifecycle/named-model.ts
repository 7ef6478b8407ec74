import type { ModelDescription } from "../../extension-points/model-description.js";
import type { FileEntry, VersionFiles } from "../../extension-points/storage.js";
import { PlinthError } from "../../model/errors.js";
import { quotedNames } from "../../model/quoted-names.js";

/**
 * A version's files with those marked that a description says are the model.
 *
 * @throws PlinthError `MODEL_DESCRIPTION_INVALID` where the version has none of that name
 */
export function markModel(files: VersionFiles, modelFile: ModelDescription["modelFile"]): VersionFiles {
  if (modelFile === undefined) return files;
  const { path: named, at } = modelFile;
  const isModel = ({ path }: FileEntry) => path === named || path.startsWith(`${named}/`);
  if (!files.files.some(isModel)) {
    throw new PlinthError(
      "MODEL_DESCRIPTION_INVALID",
      `${at}: expected a file of the version, got "${named}"; it has ${quotedNames(files.files.map(({ path }) => path))}`,
    );
  }
  return {
    // Asked for only where they lie in one.
    get directory() {
      return files.directory;
    },
    files: files.files.map((file) => (isModel(file) ? { ...file, isModel: true } : file)),
    ...(files.contents !== undefined && { contents: files.contents }),
    [Symbol.asyncDispose]: () => files[Symbol.asyncDispose](),
  };
}
