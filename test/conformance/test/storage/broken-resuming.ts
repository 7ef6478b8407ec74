import type { IncomingFile, ModelVersion, PublishOptions, StorageCallOptions, StoredModel } from "@plinth/core";
import type { BrokenStorage } from "./broken-storage.js";
import { type Files, type KeptFiles, ReferenceStorage } from "./reference-storage.js";

export const brokenResuming: readonly BrokenStorage[] = [
  {
    fault: "lists what a publish left that broke off",
    create: class extends ReferenceStorage {
      override async list(options: StorageCallOptions): Promise<readonly StoredModel[]> {
        const unfinished = [...this.store.unfinished].filter(([, kept]) => kept.size > 0);
        const listed = unfinished.map(([name]) => ({
          model: name.split("/")[0] ?? "",
          versions: [{ version: 1n, fingerprint: "unfinished" }],
        }));
        return [...(await super.list(options)), ...listed];
      }
    },
    caughtBy: [
      "shows nothing of a publish that broke off after whole files with checksums",
      "goes on where it was disposed in the middle of a publish",
    ],
  },
  {
    fault: "takes for a file what it has kept at its path",
    create: class extends ReferenceStorage {
      override unfinishedOf(model: string, version: ModelVersion): KeptFiles {
        return new ByPathAlone(super.unfinishedOf(model, version));
      }
    },
    caughtBy: ["publishes what is sent the second time and nothing that only the first has sent"],
  },
  {
    fault: "adds to a version whatever has come for it",
    create: class extends ReferenceStorage {
      readonly seen = new Map<string, Buffer>();
      override unfinishedOf(model: string, version: ModelVersion): KeptFiles {
        const kept = super.unfinishedOf(model, version);
        for (const [name, bytes] of kept) this.seen.set(name.slice(0, name.indexOf(" ")), bytes);
        return kept;
      }
      override add(model: string, version: ModelVersion, contents: ReadonlyMap<string, Buffer>) {
        return super.add(model, version, new Map([...this.seen, ...contents]));
      }
    },
    caughtBy: ["publishes what is sent the second time and nothing that only the first has sent"],
  },
  {
    fault: "takes what has come at a path before for a file without a checksum",
    create: class extends ReferenceStorage {
      readonly seen = new Map<string, Uint8Array[]>();
      override publish(model: string, version: ModelVersion, files: Files, options: PublishOptions) {
        return super.publish(model, version, unchecked(withContent(files, this.seen, ({ path }) => path)), options);
      }
    },
    caughtBy: ["reads a file anew that comes without its checksum"],
  },
  {
    fault: "keeps files before it has checked them",
    create: class extends ReferenceStorage {
      readonly seen = new Map<string, Uint8Array[]>();
      override publish(model: string, version: ModelVersion, files: Files, options: PublishOptions) {
        const named = withContent(files, this.seen, ({ path, sha256 }) => `${path} ${sha256}`);
        return super.publish(model, version, unchecked(named), options);
      }
    },
    caughtBy: ["does not keep a file whose checksum was wrong"],
  },
  {
    fault: "says that it resumes, and does not",
    create: class extends ReferenceStorage {
      override unfinishedOf(): KeptFiles {
        return new Map();
      }
    },
    caughtBy: [
      "leaves unread what it holds of a publish that broke off, counts it as stored, and keeps nothing of it then",
      "goes on after several publishes that broke off, each a little later",
      "goes on where it was disposed in the middle of a publish",
    ],
  },
  {
    fault: "keeps what a publish left after the version was published",
    create: class extends ReferenceStorage {
      override async publish(model: string, version: ModelVersion, files: Files, options: PublishOptions) {
        const kept = this.unfinishedOf(model, version);
        const stored = await super.publish(model, version, files, options);
        this.store.unfinished.set(`${model}/${version}`, kept);
        return stored;
      }
    },
    caughtBy: [
      "leaves unread what it holds of a publish that broke off, counts it as stored, and keeps nothing of it then",
      "lets exactly one of several win that publish the same files with checksums at once",
    ],
  },
  {
    fault: "says another checksum than that of the file",
    create: class extends ReferenceStorage {
      override checksumOf(path: string): string {
        return super.checksumOf(path, Buffer.from(path));
      }
    },
    caughtBy: [
      "knows the SHA-256 of every published file, whether it came with one or not",
      "knows the SHA-256 of files also where their version was resumed",
    ],
  },
  {
    fault: "tells the bytes of each file for progress",
    create: class extends ReferenceStorage {
      override progressOf({ onProgress }: PublishOptions): (bytes: number) => void {
        return (bytes) => onProgress?.(bytes);
      }
    },
    caughtBy: ["tells of progress that never falls and ends with the bytes of all files"],
  },
  {
    fault: "does not count what it kept for progress",
    create: class extends ReferenceStorage {
      override async publish(model: string, version: ModelVersion, files: Files, options: PublishOptions) {
        const kept = [...this.unfinishedOf(model, version).values()].reduce((sum, { length }) => sum + length, 0);
        const onProgress = (bytes: number) => options.onProgress?.(Math.max(0, bytes - kept));
        return super.publish(model, version, files, { ...options, onProgress });
      }
    },
    caughtBy: [
      "leaves unread what it holds of a publish that broke off, counts it as stored, and keeps nothing of it then",
    ],
  },
];

/** Finds files whatever their checksum is. */
class ByPathAlone extends Map<string, Buffer> {
  readonly #kept: KeptFiles;

  constructor(kept: KeptFiles) {
    super();
    this.#kept = kept;
  }

  override get(name: string): Buffer | undefined {
    const path = name.split(" ")[0];
    return [...this.#kept].find(([kept]) => kept.split(" ")[0] === path)?.[1];
  }

  override set(name: string, bytes: Buffer): this {
    this.#kept.set(name, bytes);
    return this;
  }
}

/** The files as they come, but for content that was seen before under the same name. */
async function* withContent(
  files: Files,
  seen: Map<string, Uint8Array[]>,
  nameOf: (file: IncomingFile) => string,
): AsyncGenerator<IncomingFile & { readonly wasSeen: boolean }> {
  for await (const file of files) {
    const before = seen.get(nameOf(file));
    const content: Uint8Array[] = before ?? [];
    if (before === undefined) for await (const chunk of file.content) content.push(Buffer.from(chunk));
    seen.set(nameOf(file), content);
    yield { ...file, content, wasSeen: before !== undefined };
  }
}

async function* unchecked(files: ReturnType<typeof withContent>): AsyncGenerator<IncomingFile> {
  for await (const { path, content, sha256, wasSeen } of files) {
    yield wasSeen ? { path, content } : { path, content, sha256 };
  }
}
