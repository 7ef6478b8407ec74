import { join } from "node:path";
import {
  type Backend,
  type FileEntry,
  type LoadedModel,
  type LoadOptions,
  PlinthError,
  type VersionFiles,
} from "@plinth/core";
import { externalContents, unshared } from "./model-content.js";
import { findModelFile } from "./model-file.js";
import { checkExternalData } from "./onnx-file/external-data.js";
import { readOnnxFile } from "./onnx-file/read-onnx-file.js";
import { OnnxModel } from "./onnx-model.js";
import type { OnnxOptions } from "./options.js";
import { loadRuntime } from "./runtime/load-runtime.js";
import { loadError } from "./runtime/runtime-errors.js";
import { type SessionOptions, sessionOptions } from "./runtime/runtime-session.js";
import { checkTypes, createSignature } from "./signature.js";

/** Loads ONNX models, and models in ONNX Runtime's own format (`.ort`), for the CPU. Loading blocks the calling thread. */
export class OnnxBackend implements Backend {
  readonly name = "onnx";
  readonly readsContents = true;
  readonly #sessionOptions: SessionOptions;

  constructor(options: OnnxOptions) {
    this.#sessionOptions = sessionOptions(options);
  }

  recognizes(files: readonly FileEntry[]): boolean {
    return findModelFile(files) !== undefined;
  }

  async load(files: VersionFiles, { signal }: LoadOptions): Promise<LoadedModel> {
    signal.throwIfAborted();
    const name = findModelFile(files.files);
    if (name === undefined) {
      throw new PlinthError(
        "MODEL_FILE_INVALID",
        "Expected one .onnx or .ort file at the top of the version's folder, or model.onnx among several; " +
          `got ${files.files.length} files of which none is clearly the model`,
      );
    }
    const { contents } = files;
    const content = contents?.get(name);
    const model = content === undefined ? join(files.directory, name) : unshared(content);
    const file = name.endsWith(".onnx") ? readOnnxFile(model, name) : undefined;
    if (file !== undefined) {
      checkTypes(name, file);
      checkExternalData(name, file.externalData, files.files);
    }
    const openSession = await loadRuntime();
    signal.throwIfAborted();
    const options =
      contents === undefined
        ? this.#sessionOptions
        : { ...this.#sessionOptions, externalData: externalContents(name, file, contents) };
    const session = await openSession(model, options).catch((thrown: unknown) => {
      throw loadError(thrown, name, typeof model === "string" ? model : undefined, file);
    });
    try {
      signal.throwIfAborted();
      return new OnnxModel(session, createSignature(name, session, file));
    } catch (thrown) {
      await session.dispose();
      throw thrown;
    }
  }
}
