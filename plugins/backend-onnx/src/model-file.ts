import type { FileEntry } from "@plinth/core";

/**
 * The path of the model among a version's files: the only `.onnx` or `.ort` file at the top, or `model.onnx` or `model.ort`
 * among several; `undefined` where there is none or where it is not clear which. Hidden files do not count. Where files are marked as the model,
 * it is one of them.
 */
export function findModelFile(files: readonly FileEntry[]): string | undefined {
  const marked = files.filter(({ isModel }) => isModel);
  const candidates = (marked.length > 0 ? marked : files)
    .map(({ path }) => path)
    .filter((path) => /^[^./][^/]*\.(?:onnx|ort)$/.test(path));
  if (candidates.length === 1) return candidates[0];
  return ["model.onnx", "model.ort"].find((path) => candidates.includes(path));
}
