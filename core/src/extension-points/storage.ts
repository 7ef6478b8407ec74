import type { PlinthError } from "../model/errors.js";
import type { ModelVersion } from "../model/model-version.js";
import { createToken, type Token } from "./token.js";

/**
 * Where models are kept. The server asks `list` again and again and makes the difference itself, so a storage keeps no notion
 * of what is loaded.
 *
 * For every method: calls may overlap; an aborted `signal` rejects with an `AbortError` and leaves nothing half done; after
 * disposal it rejects with `STORAGE_CLOSED`; where the store cannot be reached it rejects with `STORAGE_UNAVAILABLE`. Names
 * are checked by the storage itself (`MODEL_NAME_INVALID`, `FILES_INVALID`), since people call it directly as well; core offers
 * what is the same for all (`checkFilePath`, `checkRecordKey`, `checkRevision`, `checkedFiles`, `StorageCalls`, `ChangeWatchers`).
 */
export interface ModelStorage extends AsyncDisposable {
  /** Whether all that it holds is gone once it is disposed. Absent: it is still there. */
  readonly isTransient?: boolean;

  /** Opens what it needs. Called once, before anything else. Constructors do no work. */
  start(options: StorageStartOptions): Promise<void>;

  /**
   * All models with all their complete versions, in any order. A version that is still being copied is left out until it is
   * whole. A model that cannot be read does not fail the others: it is listed with its `error`, and the server keeps what it
   * has of it.
   */
  list(options: ListOptions): Promise<readonly StoredModel[]>;

  /**
   * Makes the files of one version readable on this machine until the handle is disposed, also if the version is removed
   * meanwhile (where the operating system allows that).
   *
   * @throws PlinthError `VERSION_NOT_FOUND` where there is no such complete version.
   */
  open(model: string, version: ModelVersion, options: OpenOptions): Promise<VersionFiles>;

  /**
   * Adds a version, all or nothing: it is listed only once every byte is there and every given checksum has been found right.
   * Files are taken one after the other, as streams, so that a version may be larger than memory.
   *
   * A publish that breaks off, also by a crash, leaves nothing that {@link list} or {@link open} would show. A storage may keep the
   * files that it has received whole, but only those that came with a checksum, and only for a while: then the next publish of the
   * same model and version leaves the `content` of a file with that path and checksum unread.
   *
   * @throws PlinthError `VERSION_EXISTS`; `VERSION_INVALID`; `FILES_INVALID` for no file at all, a path that cannot be or comes
   * twice, or a wrong checksum; `STORAGE_FULL`. Whatever the source throws is passed on.
   */
  publish(
    model: string,
    version: ModelVersion,
    files: AsyncIterable<IncomingFile> | Iterable<IncomingFile>,
    options: PublishOptions,
  ): Promise<StoredVersion>;

  /** Takes a version away. @throws PlinthError `VERSION_NOT_FOUND` */
  remove(model: string, version: ModelVersion, options: StorageCallOptions): Promise<void>;

  /**
   * Takes away what is left of a model whose versions are gone: the files beside them, and the place itself unless {@link place} said where it
   * is. Does nothing where nothing is left. A storage that keeps nothing beside versions leaves this method out.
   *
   * @throws PlinthError `VERSION_EXISTS` where there are versions, also such as are not whole; nothing is taken away then
   */
  removeModel?(model: string, options: StorageCallOptions): Promise<void>;

  /**
   * Calls `changed` soon after the list may have changed, until the subscription is disposed. A hint that saves waiting for the
   * next poll, not a promise. A storage that cannot tell leaves this method out.
   */
  watch?(changed: () => void): Disposable;

  /**
   * Has the models of these names lie in these folders of this machine, each with its versions below it, in place of where the
   * storage would keep them; what an earlier call said is forgotten. Holds from the next `list` on. Nothing but versions is
   * written to such a folder, and it is never created or removed. A storage that keeps no folders leaves this method out.
   *
   * @param folders absolute paths by model
   */
  place?(folders: ReadonlyMap<string, string>): void;

  /**
   * Reads a file of {@link StoredModel.sideFiles}; `undefined` where there is none of that name any more. A storage whose models have no
   * such files leaves this method out.
   *
   * @throws PlinthError `FILES_INVALID` for a file of more than {@link MAX_SIDE_FILE_BYTES}
   */
  readSideFile?(model: string, name: string, options: StorageCallOptions): Promise<Uint8Array | undefined>;

  /**
   * Lays a file beside a model's versions, whole or not at all, where there is none of that name; the model need not be there yet. Left
   * out with {@link readSideFile}.
   *
   * @returns whether it did; what is there is left as it is
   * @throws PlinthError `FILES_INVALID` also for more than {@link MAX_SIDE_FILE_BYTES}; `STORAGE_FULL`
   */
  addSideFile?(model: string, name: string, content: Uint8Array, options: StorageCallOptions): Promise<boolean>;

  /** Small documents kept beside the models. */
  readonly records: RecordStore;
}

/** The storage of this server; exactly one plugin provides it. */
export const ModelStorage: Token<ModelStorage> = createToken<ModelStorage>("ModelStorage");

export interface StorageCallOptions {
  readonly signal: AbortSignal;
}

export interface ListOptions extends StorageCallOptions {
  /** Names of files to tell of in {@link StoredModel.sideFiles}; `all`: of all but hidden ones, whose names begin with a dot. Default: none. */
  readonly sideFiles?: readonly string[] | "all" | undefined;
}

export interface StorageStartOptions extends StorageCallOptions {
  /** Whether the caller only lists and opens: then nothing is created, tidied up or locked, and what is not there is an error. */
  readonly readOnly?: boolean;
}

export interface OpenOptions extends StorageCallOptions {
  /**
   * Whether the caller also reads {@link VersionFiles.contents}, which a storage that has the files in memory then gives in place of
   * a folder. Others give a folder all the same.
   */
  readonly contents?: boolean;
}

export interface PublishOptions extends StorageCallOptions {
  /** Told how many bytes of the version are stored so far, those included that an earlier publish had left. Never falls. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

/** Largest file beside a model's versions that is read. */
export const MAX_SIDE_FILE_BYTES: number = 1 << 20;

export interface StoredModel {
  readonly model: string;
  /** Complete versions, in any order, each number once. */
  readonly versions: readonly StoredVersion[];
  /** Where {@link ModelStorage.place} has it lie; equal numbers in another folder are other versions. */
  readonly folder?: string;
  /**
   * Files that lie in the model's folder beside its versions, as Triton's `config.pbtxt`, of the names that were asked for: a fingerprint
   * by name, which changes whenever the content does. Absent: there are none.
   */
  readonly sideFiles?: ReadonlyMap<string, string>;
  /** Why this model's versions cannot be told now; `versions` is then empty and says nothing. */
  readonly error?: PlinthError;
}

export interface StoredVersion {
  readonly version: ModelVersion;
  /** Changes whenever the content changes, so that a version that failed to load is tried again once it was mended. */
  readonly fingerprint: string;
}

/** One version's files, readable until disposed. */
export interface VersionFiles extends AsyncDisposable {
  /**
   * Absolute path of a folder on this machine that holds the files. Read only; nobody writes to it. It is another one after the
   * version was removed, so that it is to be read again each time that it is used. Throws where there are {@link contents}.
   */
  readonly directory: string;
  /**
   * The bytes of every file by path, where they lie in memory and in no folder; only for those who have asked for them
   * ({@link OpenOptions.contents}). Read only: they are the storage's own. They may lie in shared memory.
   */
  readonly contents?: ReadonlyMap<string, Uint8Array>;
  /** Every regular file below it, sorted by path; never outside it, also not by a symbolic link. */
  readonly files: readonly FileEntry[];
}

export interface FileEntry {
  /** Relative to the version's folder, with forward slashes, without `.` and without segments that begin with `..`. */
  readonly path: string;
  readonly bytes: number;
  /** Lower-case hexadecimal; absent where the storage does not know it without reading the file. */
  readonly sha256?: string;
  /** Set by the server where what describes the model says that this file, or the folder that it is in, is the model. */
  readonly isModel?: boolean;
}

export interface IncomingFile {
  /** As {@link FileEntry.path}. */
  readonly path: string;
  /** Opens nothing before it is iterated: where there is a {@link sha256}, that may never happen. */
  readonly content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** Lower-case hexadecimal; checked where given. */
  readonly sha256?: string | undefined;
  /**
   * Absolute path of a file of this machine with the same content, which nobody changes before the publish has ended: a storage may copy
   * that and leave {@link content} unread.
   */
  readonly localFile?: string | undefined;
}

/**
 * JSON documents by key, with compare-and-set, so that several servers over one store never lose an update.
 *
 * A key is 1 to 512 bytes of `[A-Za-z0-9._~/-]` and has no empty, `.` or `..` segment between slashes (else `FILES_INVALID`).
 * Signals, disposal and reachability are as for {@link ModelStorage}.
 */
export interface RecordStore {
  /** `undefined` where there is none. */
  get(key: string, options: StorageCallOptions): Promise<StoredRecord | undefined>;

  /**
   * Writes `value` if the record is still at `expected`: a revision that was read before, or `undefined` for one that must not
   * exist yet. Durable when the promise settles, as far as the store is.
   *
   * @throws PlinthError `RECORD_CONFLICT` where it is at another revision; nothing is written.
   */
  put(key: string, value: JsonValue, expected: string | undefined, options: StorageCallOptions): Promise<StoredRecord>;

  /** Deletes the record if it is still at `expected`. @throws PlinthError `RECORD_CONFLICT` also where there is none. */
  delete(key: string, expected: string, options: StorageCallOptions): Promise<void>;

  /** Records whose key begins with `prefix`, ordered by the bytes of the key. */
  list(prefix: string, options: StorageCallOptions): AsyncIterable<StoredRecord>;
}

export interface StoredRecord {
  readonly key: string;
  readonly value: JsonValue;
  /** Opaque; differs after every write. */
  readonly revision: string;
}

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };
