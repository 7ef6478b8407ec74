import { isModelName, type ModelVersion, PlinthError, parseModelVersion } from "@plinth/core";

/** Longest key that S3 takes, in UTF-8 bytes. */
const MAX_KEY_BYTES = 1024;

/** Where a key belongs. */
export type Place =
  | {
      readonly kind: "file";
      readonly model: string;
      readonly folder: string;
      readonly version: ModelVersion;
      readonly path: string;
    }
  | { readonly kind: "side-file"; readonly model: string; readonly name: string }
  | { readonly kind: "note"; readonly model: string; readonly version: ModelVersion }
  | { readonly kind: "other" };

const OTHER: Place = { kind: "other" };

/** Names of objects: models as people lay them out, and what is Plinth's own below a name that no model can have. */
export class BucketLayout {
  /** What all keys begin with: empty, or with a slash at its end. */
  readonly root: string;
  readonly own: string;
  readonly records: string;
  readonly notes: string;
  readonly probes: string;

  /** @param prefix without slashes at its ends */
  constructor(prefix: string) {
    this.root = prefix === "" ? "" : `${prefix}/`;
    this.own = `${this.root}.plinth/`;
    this.records = `${this.own}records/`;
    this.notes = `${this.own}versions/`;
    this.probes = `${this.own}probes/`;
  }

  modelFolder(model: string): string {
    return `${this.root}${model}/`;
  }

  versionFolder(model: string, version: ModelVersion): string {
    return `${this.modelFolder(model)}${version}/`;
  }

  /** Tells of the version that is published, or being published or removed. */
  note(model: string, version: ModelVersion): string {
    return `${this.notes}${model}/${version}`;
  }

  sideFile(model: string, name: string): string {
    return `${this.modelFolder(model)}${name}`;
  }

  /** @throws PlinthError `FILES_INVALID` where no object can have such a name */
  file(model: string, version: ModelVersion, path: string): string {
    const key = `${this.versionFolder(model, version)}${path}`;
    const bytes = Buffer.byteLength(key);
    if (bytes <= MAX_KEY_BYTES) return key;
    throw new PlinthError(
      "FILES_INVALID",
      `S3 takes names of ${MAX_KEY_BYTES} bytes, and ${path.slice(0, 100)}… would be one of ${bytes} with prefix, model and version: shorten it`,
    );
  }

  /** What is below no version, or a folder's own marker, is of no interest. */
  placeOf(key: string): Place {
    if (!key.startsWith(this.root)) return OTHER;
    if (key.startsWith(this.own)) return this.#noteAt(key);
    const [model = "", folder = "", ...path] = key.slice(this.root.length).split("/");
    const version = parseModelVersion(folder);
    if (!isModelName(model) || folder === "" || key.endsWith("/")) return OTHER;
    if (path.length === 0) return { kind: "side-file", model, name: folder };
    if (version === undefined) return OTHER;
    return { kind: "file", model, folder, version, path: path.join("/") };
  }

  #noteAt(key: string): Place {
    if (!key.startsWith(this.notes)) return OTHER;
    const [model = "", number = "", ...rest] = key.slice(this.notes.length).split("/");
    const version = parseModelVersion(number);
    if (!isModelName(model) || version === undefined || String(version) !== number || rest.length > 0) return OTHER;
    return { kind: "note", model, version };
  }
}
