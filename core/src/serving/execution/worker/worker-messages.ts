import type { FileEntry } from "../../../extension-points/storage.js";
import type { ModelVersion } from "../../../model/model-version.js";
import type { Signature } from "../../../model/signature.js";
import type { WarmUpReport } from "../warm-up.js";
import type { FilesLocation } from "./files-location.js";
import type { PackedError } from "./packed-error.js";
import type { PackedTensors } from "./packed-tensors.js";

/*
 * What passes between the server and a worker, which holds one instance of one model at a time. All of it can be cloned; the tensors of a run
 * are moved or sent as their bytes, never number by number.
 */

export type ToWorker =
  /** The first one: what the worker's entry makes the backend of. */
  | { readonly type: "boot"; readonly data: unknown }
  | ({
      readonly type: "load";
      readonly model: string;
      readonly version: ModelVersion;
      readonly files: readonly FileEntry[];
    } & FilesLocation)
  | {
      readonly type: "run";
      readonly id: number;
      readonly signature: string;
      readonly outputs: readonly string[];
      readonly tensors: PackedTensors;
    }
  /** Free the model and wait for the next one. */
  | { readonly type: "unload" }
  /** Free the model and end. */
  | { readonly type: "dispose" };

export type FromWorker =
  | {
      readonly type: "loaded";
      readonly signatures: ReadonlyMap<string, Signature>;
      readonly details: ReadonlyMap<string, string> | undefined;
      readonly report: WarmUpReport;
    }
  /** The backend could not be made, or the model could not be loaded. */
  | { readonly type: "failed"; readonly error: PackedError }
  | { readonly type: "unloaded" }
  | { readonly type: "ran"; readonly id: number; readonly tensors: PackedTensors; readonly computeMs: number }
  | { readonly type: "run-failed"; readonly id: number; readonly error: PackedError }
  | {
      readonly type: "log";
      readonly level: "debug" | "info" | "warn" | "error";
      readonly message: string;
      readonly fields: Readonly<Record<string, unknown>>;
      /** Fields that hold errors. */
      readonly errors: Readonly<Record<string, PackedError>>;
    };
