import {
  type Backend,
  type FileEntry,
  type LoadedModel,
  type LoadOptions,
  PlinthError,
  type VersionFiles,
} from "@plinth/core";
import { loadEngine } from "./engine/load-engine.js";
import { findFormat, type ModelFormat } from "./formats.js";
import type { TfjsOptions } from "./options.js";

/** Loads SavedModels, Hub modules and TensorFlow.js models. Loading and running block the calling thread for as long as they compute. */
export class TfjsBackend implements Backend {
  readonly name = "tfjs";
  readonly #options: TfjsOptions;

  constructor(options: TfjsOptions) {
    this.#options = options;
  }

  recognizes(files: readonly FileEntry[]): boolean {
    return findFormat(files) !== undefined;
  }

  async load(files: VersionFiles, { signal }: LoadOptions): Promise<LoadedModel> {
    signal.throwIfAborted();
    const format = findFormat(files.files);
    if (format === undefined) {
      throw new PlinthError(
        "MODEL_FILE_INVALID",
        "Expected saved_model.pb, model.json or one .tar.gz of a Hub module at the top of the version's folder; " +
          `got ${files.files.length} files of which none is clearly the model`,
      );
    }
    if (format.kind !== "archive") return this.#load(format, files, signal);
    const { unpackModule } = await import("./hub/unpack-module.js");
    await using unpacked = await unpackModule(files.directory, format.path, signal);
    const inside = findFormat(unpacked.files);
    if (inside !== undefined && inside.kind !== "archive") return await this.#load(inside, unpacked, signal);
    throw new PlinthError("MODEL_FILE_INVALID", `${format.path} holds no saved_model.pb: expected a Hub module`);
  }

  async #load(
    format: Exclude<ModelFormat, { kind: "archive" }>,
    files: VersionFiles,
    signal: AbortSignal,
  ): Promise<LoadedModel> {
    const engine = await loadEngine(this.#options.engine);
    signal.throwIfAborted();
    if (format.kind === "tfjs") {
      const { loadTfjsModel } = await import("./tfjs-model/load-tfjs-model.js");
      return loadTfjsModel(files, format.folder, engine, signal);
    }
    const { loadSavedModel } = await import("./saved-model/load-saved-model.js");
    const { tags, warmUpIterations } = this.#options;
    return loadSavedModel(files, format.folder, { engine, tags, warmUpIterations, signal });
  }
}
