import { posix } from "node:path";
import { type FileEntry, PlinthError } from "@plinth/core";
import type { ExternalData } from "./read-onnx-file.js";

/**
 * Checks that every part of another file that the model names is there, within the version's folder. The list of files decides,
 * so nothing that a hostile model names is ever looked at.
 *
 * @param modelPath The model's path among `files`; external data is named relative to its folder.
 * @throws PlinthError `MODEL_FILE_INVALID`
 */
export function checkExternalData(
  modelPath: string,
  parts: readonly ExternalData[],
  files: readonly FileEntry[],
): void {
  const sizes = new Map(files.map((file) => [file.path, file.bytes]));
  for (const part of parts) {
    const fault = faultOf(part, posix.join(posix.dirname(modelPath), part.location), sizes);
    if (fault === undefined) continue;
    throw new PlinthError(
      "MODEL_FILE_INVALID",
      `${modelPath} keeps ${JSON.stringify(part.tensor)} in ${JSON.stringify(part.location)}, ${fault}`,
    );
  }
}

function faultOf(part: ExternalData, path: string, sizes: ReadonlyMap<string, number>): string | undefined {
  const { location, offset, bytes } = part;
  if (posix.isAbsolute(location) || path === ".." || path.startsWith("../")) {
    return "outside of the version's folder: save the model with its external data beside it";
  }
  const size = sizes.get(path);
  if (size === undefined) return "which is not among the version's files: copy it beside the model";
  if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(bytes) || offset < 0 || bytes < 0) {
    return "at no valid offset and length: save the model again";
  }
  if (offset + bytes > size) {
    return `up to byte ${offset + bytes}, but that file has ${size} bytes: copy it again`;
  }
  return undefined;
}
