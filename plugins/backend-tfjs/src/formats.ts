import type { FileEntry } from "@plinth/core";

/** Where among a version's files the model is, and of what kind. */
export type ModelFormat =
  | { readonly kind: "saved-model"; readonly folder: string }
  | { readonly kind: "tfjs"; readonly folder: string }
  | { readonly kind: "archive"; readonly path: string };

/**
 * Told by paths alone: `saved_model.pb` (or `.pbtxt`) or `model.json` at the top; else in the only folder that has one, as in
 * TensorFlow Hub's cache; else the only `.tar.gz` at the top, as Hub modules come.
 */
export function findFormat(files: readonly FileEntry[]): ModelFormat | undefined {
  const paths = files.map(({ path }) => path);
  const savedModel = onlyFolder(paths, /^(?:[^/.][^/]*\/)?saved_model\.pb(?:txt)?$/);
  if (savedModel !== undefined) return { kind: "saved-model", folder: savedModel };
  const tfjs = onlyFolder(paths, /^(?:[^/.][^/]*\/)?model\.json$/);
  if (tfjs !== undefined) return { kind: "tfjs", folder: tfjs };
  const archives = paths.filter((path) => /^[^/.][^/]*\.(?:tar\.gz|tgz)$/.test(path));
  const [path] = archives;
  return path !== undefined && archives.length === 1 ? { kind: "archive", path } : undefined;
}

/** The folder of the file at the top, else of the only one below; with `/` at its end, or empty. */
function onlyFolder(paths: readonly string[], file: RegExp): string | undefined {
  const folders = new Set(
    paths.filter((path) => file.test(path)).map((path) => path.slice(0, path.lastIndexOf("/") + 1)),
  );
  if (folders.has("")) return "";
  const [folder] = folders;
  return folders.size === 1 ? folder : undefined;
}
