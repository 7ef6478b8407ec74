import { join } from "node:path";
import type { AssetFile } from "./messages/meta-graph-message.js";
import { SavedModelError } from "./saved-model-error.js";

const FOLDER = "assets";

/**
 * Absolute paths of the model's asset files by the tensor, `name:0`, that is to hold each.
 *
 * @throws SavedModelError `ASSET_INVALID` where a name leads out of the folder of assets
 */
export function assetPaths(directory: string, assets: readonly AssetFile[]): ReadonlyMap<string, string> {
  return new Map(assets.map(({ tensor, filename }) => [normal(tensor), join(directory, FOLDER, safeName(filename))]));
}

function safeName(filename: string): string {
  const parts = filename.split(/[/\\]/);
  const isSafe =
    filename !== "" && !filename.includes("\0") && parts.every((part) => part !== "" && part !== "." && part !== "..");
  if (!isSafe || /^[A-Za-z]:/.test(filename)) {
    throw new SavedModelError(
      "ASSET_INVALID",
      `Expected the name of a file in ${FOLDER}/, got ${JSON.stringify(filename.slice(0, 200))}`,
    );
  }
  return filename;
}

function normal(tensor: string): string {
  return tensor.includes(":") ? tensor : `${tensor}:0`;
}
