import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PlinthError, type VersionFiles } from "@plinth/core";
import { io, type NamedTensorMap } from "@tensorflow/tfjs-core";
import type { WeightGroup } from "./model-json.js";

/** Bytes of a stored element. */
const STORED_BYTES: Readonly<Record<string, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  complex64: 8,
  uint8: 1,
  uint16: 2,
  float16: 2,
};

/** What {@link io.decodeWeights} needs: all values, in pieces as they came from the files. */
export interface StoredWeights {
  readonly specs: io.WeightsManifestEntry[];
  readonly data: ArrayBuffer[];
}

/**
 * Reads the weights' files, which lie beside `model.json` or below.
 *
 * @throws PlinthError `MODEL_FILE_INVALID` for files that are missing, elsewhere, or of another size than the weights need
 */
export async function readWeights(
  groups: readonly WeightGroup[],
  { directory, files }: VersionFiles,
  folder: string,
  signal: AbortSignal,
): Promise<StoredWeights> {
  const sizes = new Map(files.map(({ path, bytes }) => [path, bytes]));
  const data: ArrayBuffer[] = [];
  for (const { paths, weights } of groups) {
    const found = paths.map((path) => ({ path: folder + path, bytes: sizes.get(folder + path) }));
    for (const { path, bytes } of found) {
      if (bytes === undefined)
        throw invalid(`the file ${JSON.stringify(path)} of its weights is not among the version's files`);
    }
    checkSize(
      weights,
      found.reduce((sum, { bytes = 0 }) => sum + bytes, 0),
      paths,
    );
    for (const { path } of found) {
      signal.throwIfAborted();
      const bytes = await readFile(join(directory, path));
      data.push(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer);
    }
  }
  return { specs: groups.flatMap(({ weights }) => weights), data };
}

/** Tensors of the engine by their names in the topology; the caller's. */
export function decodeWeights({ specs, data }: StoredWeights): NamedTensorMap {
  return io.decodeWeights(data, specs);
}

function checkSize(weights: readonly io.WeightsManifestEntry[], got: number, paths: readonly string[]): void {
  let expected = 0;
  for (const { name, shape, dtype, quantization } of weights) {
    if (dtype === "string") return;
    const bytes = STORED_BYTES[quantization?.dtype ?? dtype];
    if (bytes === undefined) {
      throw new PlinthError(
        "MODEL_UNSUPPORTED",
        `The weight ${JSON.stringify(name)} is of ${dtype}, which TensorFlow.js does not have`,
      );
    }
    expected += bytes * shape.reduce((product, length) => product * length, 1);
  }
  if (expected !== got) throw invalid(`its weights need ${expected} bytes, but ${paths.join(", ")} hold ${got}`);
}

function invalid(what: string): PlinthError {
  return new PlinthError("MODEL_FILE_INVALID", `The model cannot be loaded: ${what}. Copy it whole, or save it again`);
}
