import { type FileHandle, link, mkdir, open, rename, rm, rmdir } from "node:fs/promises";
import { dirname } from "node:path";
import { diskError, systemCode } from "./disk-errors.js";
import { writingThread } from "./writing-thread.js";

/**
 * The changes that are made to the disk. Tests put another one in its place: one that fails at some step, or one that knows what a
 * power cut would leave. Failures are the system's own.
 */
export interface Disk {
  /** Fails with `EEXIST` where there is something. */
  makeFolder(path: string): Promise<void>;
  /** Fails with `EEXIST` where there is something. */
  createFile(path: string): Promise<NewFile>;
  rename(from: string, to: string): Promise<void>;
  /** Gives a file a second name. */
  link(file: string, name: string): Promise<void>;
  /** Takes away whatever is there, if anything. */
  remove(path: string): Promise<void>;
  /** Fails with `ENOTEMPTY` where the folder holds something. */
  removeEmpty(folder: string): Promise<void>;
  /** Makes what was created, renamed or removed in a folder survive a power cut, where the file system can do that. */
  syncFolder(folder: string): Promise<void>;
}

/** A file that is being written, from its beginning to its end. */
export interface NewFile {
  /** The system's number for it; it can be read as well. */
  readonly number: number;
  write(bytes: Uint8Array): Promise<void>;
  /** Writes as many bytes of another open file, from where that is. @returns how many there were, 0 at its end */
  copy(source: number, bytes: number): Promise<number>;
  /** Sets the times of access and modification, in seconds since the epoch. */
  stamp(seconds: number): Promise<void>;
  /** Makes the content survive a power cut. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** What a folder that cannot be synced says: there are file systems that have no such thing. */
const NO_FOLDER_SYNC: readonly string[] = ["EPERM", "EINVAL", "EISDIR", "ENOTSUP"];

/** Bytes that are written by a thread of ours: as many as it takes to be worth the way to it. */
const LARGE_BYTES = 256 * 1024;

class SystemFile implements NewFile {
  readonly #handle: FileHandle;
  #thread: ReturnType<typeof writingThread.use> | undefined;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  get number(): number {
    return this.#handle.fd;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (bytes.byteLength < LARGE_BYTES) return this.#handle.writeFile(bytes);
    this.#thread ??= writingThread.use();
    await this.#thread.call({ file: this.number, content: bytes });
  }

  async copy(source: number, bytes: number): Promise<number> {
    this.#thread ??= writingThread.use();
    return (await this.#thread.call({ file: this.number, source, bytes })) ?? 0;
  }

  stamp(seconds: number): Promise<void> {
    return this.#handle.utimes(seconds, seconds);
  }

  sync(): Promise<void> {
    return this.#handle.sync();
  }

  async close(): Promise<void> {
    this.#thread?.[Symbol.dispose]();
    await this.#handle.close();
  }
}

export const SYSTEM_DISK: Disk = {
  makeFolder: (path) => mkdir(path).then(() => {}),
  createFile: async (path) => new SystemFile(await open(path, "wx+")),
  rename,
  link,
  remove: (path) => rm(path, { recursive: true, force: true }),
  removeEmpty: (folder) => rmdir(folder),
  async syncFolder(folder) {
    try {
      const handle = await open(folder, "r");
      await handle.sync().finally(() => handle.close());
    } catch (thrown) {
      if (!NO_FOLDER_SYNC.includes(systemCode(thrown) ?? "")) throw thrown;
    }
  },
};

/**
 * Makes a folder, there also after a power cut, where there is none, but never the one above it: that may be a disk that is not
 * mounted just now.
 */
export async function ensureFolder(disk: Disk, folder: string): Promise<void> {
  try {
    await disk.makeFolder(folder);
    await disk.syncFolder(dirname(folder));
  } catch (thrown) {
    if (systemCode(thrown) !== "EEXIST") throw diskError(`create ${folder}`, thrown);
  }
}
