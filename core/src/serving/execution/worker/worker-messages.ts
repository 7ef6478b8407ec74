import type { FileEntry } from "../../../extension-points/storage.js";
import type { ModelVersion } from "../../../model/model-version.js";
import type { Signature } from "../../../model/signature.js";
import type { WarmUpReport } from "../warm-up.js";
import type { FilesLocation } from "./files-location.js";
import type { StreamId } from "./hosted-streams.js";
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
  /** Begins a stream, of which nothing is computed yet. */
  | {
      readonly type: "stream";
      readonly stream: StreamId;
      readonly signature: string;
      readonly outputs: readonly string[];
      readonly tensors: PackedTensors;
    }
  /** Asks for the next step of a stream. */
  | { readonly type: "step"; readonly id: number; readonly stream: StreamId }
  /** Has a stream end that nobody wants any more. */
  | { readonly type: "stop"; readonly id: number; readonly stream: StreamId }
  /** Free the model and wait for the next one. */
  | { readonly type: "unload" }
  /** Free the model and end. */
  | { readonly type: "dispose" };

export type FromWorker =
  | {
      readonly type: "loaded";
      readonly signatures: ReadonlyMap<string, Signature>;
      readonly details: ReadonlyMap<string, string> | undefined;
      readonly maxStreams: number | undefined;
      readonly report: WarmUpReport;
    }
  /** The backend could not be made, or the model could not be loaded. */
  | { readonly type: "failed"; readonly error: PackedError }
  | { readonly type: "unloaded" }
  | { readonly type: "ran"; readonly id: number; readonly tensors: PackedTensors; readonly computeMs: number }
  /** A step of a stream; without tensors: the stream has ended, or been stopped. */
  | { readonly type: "stepped"; readonly id: number; readonly tensors: PackedTensors | undefined }
  /** Of a run, or of a step of a stream. */
  | { readonly type: "run-failed"; readonly id: number; readonly error: PackedError }
  | {
      readonly type: "log";
      readonly level: "debug" | "info" | "warn" | "error";
      readonly message: string;
      readonly fields: Readonly<Record<string, unknown>>;
      /** Fields that hold errors. */
      readonly errors: Readonly<Record<string, PackedError>>;
    };
