import { mkdir, readFile, utimes, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { type Disk, type NewFile, SYSTEM_DISK } from "../src/disk.js";

/** What a power cut may leave of changes that nobody has synced. */
export type Survival = "only what was synced" | "every name, but only content that was synced";

/** A file or a folder, as programs see it and as it is on the platter. */
class Inode {
  readonly isFolder: boolean;
  readonly names = new Map<string, Inode>();
  content: Buffer = Buffer.alloc(0);
  seconds = 0;
  #synced: { readonly names: ReadonlyMap<string, Inode>; readonly content: Buffer; readonly seconds: number } = {
    names: new Map(),
    content: Buffer.alloc(0),
    seconds: 0,
  };

  constructor(isFolder: boolean) {
    this.isFolder = isFolder;
  }

  sync(): void {
    this.#synced = { names: new Map(this.names), content: this.content, seconds: this.seconds };
  }

  /** As it would be after the cut. */
  survivor(survival: Survival): Inode {
    const survivor = new Inode(this.isFolder);
    survivor.content = this.#synced.content;
    survivor.seconds = this.#synced.seconds;
    for (const [name, inode] of survival === "only what was synced" ? this.#synced.names : this.names) {
      survivor.names.set(name, inode.survivor(survival));
    }
    return survivor;
  }

  async writeTo(path: string): Promise<void> {
    if (!this.isFolder) {
      await writeFile(path, this.content);
      await utimes(path, this.seconds, this.seconds);
      return;
    }
    await mkdir(path, { recursive: true });
    for (const [name, inode] of this.names) await inode.writeTo(join(path, name));
  }
}

/** A disk that works, and can tell at each step what a power cut would leave below `root`, which is empty at first. */
export class PowerCutDisk implements Disk {
  /** Called before each step, of which this is the name. */
  beforeStep: (step: string) => Promise<void> = async () => {};
  /** Whether syncing does something. */
  syncs = true;
  readonly #root: string;
  readonly #top = new Inode(true);

  constructor(root: string) {
    this.#root = root;
  }

  /** Writes what a power cut at this moment would leave. */
  async leave(folder: string, survival: Survival): Promise<void> {
    await this.#top.survivor(survival).writeTo(folder);
  }

  async makeFolder(path: string): Promise<void> {
    await this.beforeStep(`make ${path}`);
    await SYSTEM_DISK.makeFolder(path);
    this.#put(path, new Inode(true));
  }

  async createFile(path: string): Promise<NewFile> {
    await this.beforeStep(`create ${path}`);
    const file = await SYSTEM_DISK.createFile(path);
    const inode = new Inode(false);
    this.#put(path, inode);
    return {
      number: file.number,
      write: async (bytes) => {
        await this.beforeStep(`write ${path}`);
        await file.write(bytes);
        inode.content = Buffer.concat([inode.content, bytes]);
      },
      copy: async (source, bytes) => {
        await this.beforeStep(`copy to ${path}`);
        const copied = await file.copy(source, bytes);
        inode.content = await readFile(path);
        return copied;
      },
      stamp: async (seconds) => {
        await this.beforeStep(`stamp ${path}`);
        await file.stamp(seconds);
        inode.seconds = seconds;
      },
      sync: async () => {
        await this.beforeStep(`sync ${path}`);
        await file.sync();
        if (this.syncs) inode.sync();
      },
      close: () => file.close(),
    };
  }

  async rename(from: string, to: string): Promise<void> {
    await this.beforeStep(`rename ${from} to ${to}`);
    await SYSTEM_DISK.rename(from, to);
    const inode = this.#find(from);
    this.#folderOf(from).names.delete(nameOf(from));
    if (inode) this.#put(to, inode);
  }

  async link(file: string, name: string): Promise<void> {
    await this.beforeStep(`link ${file} as ${name}`);
    await SYSTEM_DISK.link(file, name);
    const inode = this.#find(file);
    if (inode) this.#put(name, inode);
  }

  async remove(path: string): Promise<void> {
    await this.beforeStep(`remove ${path}`);
    await SYSTEM_DISK.remove(path);
    this.#find(dirname(path))?.names.delete(nameOf(path));
  }

  async removeEmpty(folder: string): Promise<void> {
    await this.beforeStep(`remove the empty ${folder}`);
    await SYSTEM_DISK.removeEmpty(folder);
    this.#folderOf(folder).names.delete(nameOf(folder));
  }

  async syncFolder(folder: string): Promise<void> {
    await this.beforeStep(`sync ${folder}`);
    await SYSTEM_DISK.syncFolder(folder);
    if (this.syncs) this.#find(folder)?.sync();
  }

  #put(path: string, inode: Inode): void {
    this.#folderOf(path).names.set(nameOf(path), inode);
  }

  #folderOf(path: string): Inode {
    const folder = this.#find(dirname(path));
    if (folder === undefined) throw new Error(`Expected ${dirname(path)} to have been made by this disk`);
    return folder;
  }

  #find(path: string): Inode | undefined {
    const names = relative(this.#root, path).split(sep).filter(Boolean);
    return names.reduce<Inode | undefined>((inode, name) => inode?.names.get(name), this.#top);
  }
}

function nameOf(path: string): string {
  return path.slice(dirname(path).length + 1);
}
