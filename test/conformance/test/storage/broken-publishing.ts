import {
  checkModelName,
  type IncomingFile,
  type ModelVersion,
  PlinthError,
  type StorageCallOptions,
  type StoredModel,
  type StoredVersion,
} from "@plinth/core";
import { type BrokenStorage, tame } from "./broken-storage.js";
import { type Files, ReferenceStorage, readFiles } from "./reference-storage.js";

export const brokenPublishing: readonly BrokenStorage[] = [
  {
    fault: "lists versions whose files are still coming",
    create: class extends ReferenceStorage {
      readonly coming = new Set<{ model: string; version: ModelVersion }>();
      override async list(options: StorageCallOptions): Promise<readonly StoredModel[]> {
        const coming = [...this.coming].map(({ model, version }) => ({
          model,
          versions: [{ version, fingerprint: "coming" }],
        }));
        return [...(await super.list(options)), ...coming];
      }
      override async publish(model: string, version: ModelVersion, files: Files, options: StorageCallOptions) {
        const entry = { model, version };
        this.coming.add(entry);
        return super.publish(model, version, files, options).finally(() => this.coming.delete(entry));
      }
    },
    caughtBy: [
      "does not list a version whose files are still coming",
      "shows only whole versions in lists taken while others publish",
    ],
  },
  {
    fault: "ignores checksums",
    create: class extends ReferenceStorage {
      override publish(model: string, version: ModelVersion, files: Files, options: StorageCallOptions) {
        const unchecked = mapFiles(files, ({ path, content }) => ({ path, content }));
        return super.publish(model, version, unchecked, options);
      }
    },
    caughtBy: ["refuses a wrong checksum with FILES_INVALID, and keeps nothing"],
  },
  {
    fault: "refuses every checksum",
    create: class extends ReferenceStorage {
      override publish(model: string, version: ModelVersion, files: Files, options: StorageCallOptions) {
        const spoiled = mapFiles(files, (file) => (file.sha256 ? { ...file, sha256: "wrong" } : file));
        return super.publish(model, version, spoiled, options);
      }
    },
    caughtBy: ["takes files whose checksum is right"],
  },
  {
    fault: "keeps what came before a publish failed",
    create: class extends ReferenceStorage {
      override async publish(model: string, version: ModelVersion, files: Files, options: StorageCallOptions) {
        const whole: IncomingFile[] = [];
        const remembered = mapFiles(files, (file) => {
          whole.push({ path: file.path, content: [] });
          return file;
        });
        try {
          return await super.publish(model, version, remembered, options);
        } catch (thrown) {
          if (whole.length > 0) this.add(model, version, new Map(whole.map(({ path }) => [path, Buffer.alloc(0)])));
          throw thrown;
        }
      }
    },
    caughtBy: [
      "passes on what the source throws between two files, and keeps nothing",
      "passes on what the source throws in the middle of a file, and keeps nothing",
      "stops when its signal aborts in the middle of a file, and keeps nothing",
      "refuses a path that comes twice with FILES_INVALID, and keeps nothing",
    ],
  },
  {
    fault: "leaves its upload behind when a publish fails or is ended",
    create: class extends ReferenceStorage {
      override async publish(model: string, version: ModelVersion, files: Files, options: StorageCallOptions) {
        const upload = `upload ${++this.store.counter}`;
        this.store.leftovers.add(upload);
        const stored = await super.publish(model, version, files, options);
        this.store.leftovers.delete(upload);
        return stored;
      }
    },
    caughtBy: [
      "refuses no file at all with FILES_INVALID, and keeps nothing",
      "ends a publish that hangs when it is disposed, and keeps nothing of it",
      "lets exactly one of several win that publish the same version at once",
    ],
  },
  {
    fault: "hides what the source threw",
    create: class extends ReferenceStorage {
      override async publish(model: string, version: ModelVersion, files: Files, options: StorageCallOptions) {
        return super.publish(model, version, files, options).catch((thrown: unknown) => {
          throw thrown instanceof PlinthError ? thrown : new PlinthError("STORAGE_UNAVAILABLE", "failed");
        });
      }
    },
    caughtBy: [
      "passes on what the source throws between two files, and keeps nothing",
      "stops when its signal aborts in the middle of a file, and keeps nothing",
    ],
  },
  {
    fault: "takes any path",
    create: class extends ReferenceStorage {
      override publish(model: string, version: ModelVersion, files: Files, options: StorageCallOptions) {
        const tamed = mapFiles(files, (file) => ({ ...file, path: tame(file.path) }));
        return super.publish(model, version, tamed, options);
      }
    },
    caughtBy: [
      'refuses the path "" with FILES_INVALID, and keeps nothing',
      'refuses the path "../outside" with FILES_INVALID, and keeps nothing',
      'refuses the path "/absolute" with FILES_INVALID, and keeps nothing',
      'refuses the path "a/../../outside" with FILES_INVALID, and keeps nothing',
      'refuses the path "nul\\u0000byte" with FILES_INVALID, and keeps nothing',
      'refuses the path "back\\\\slash" with FILES_INVALID, and keeps nothing',
      "refuses a path that is a file and then a folder with FILES_INVALID, and keeps nothing",
      "refuses a path that is a folder and then a file with FILES_INVALID, and keeps nothing",
      "gives files back byte for byte: nested, empty, and with names beyond ASCII",
    ],
  },
  {
    fault: "keeps files at paths that it has made easy",
    create: class extends ReferenceStorage {
      override add(model: string, version: ModelVersion, contents: ReadonlyMap<string, Buffer>): StoredVersion {
        const easy = [...contents].map(([path, bytes]) => [easyPath(path), bytes] as const);
        return super.add(model, version, new Map(easy));
      }
    },
    caughtBy: [
      "gives files back whose names mean something elsewhere",
      "keeps files apart whose paths differ in case or normalisation only, or refuses them all",
    ],
  },
  {
    fault: "asks for all files before it reads the first",
    create: class extends ReferenceStorage {
      override async publish(model: string, version: ModelVersion, files: Files, options: StorageCallOptions) {
        const all: IncomingFile[] = [];
        for await (const file of files) all.push(file);
        return super.publish(model, version, all, options);
      }
    },
    caughtBy: ["takes files one after the other, each when the one before has been read"],
  },
  {
    fault: "leaves the source open",
    create: class extends ReferenceStorage {
      override publish(model: string, version: ModelVersion, files: Files, options: StorageCallOptions) {
        const iterator = Symbol.asyncIterator in files ? files[Symbol.asyncIterator]() : files[Symbol.iterator]();
        const neverClosed = { [Symbol.asyncIterator]: () => ({ next: async () => iterator.next() }) };
        return super.publish(model, version, neverClosed, options);
      }
    },
    caughtBy: ["lets the source tidy up when it stops early"],
  },
  {
    fault: "keeps the source's own buffers",
    create: class extends ReferenceStorage {
      override async publish(model: string, version: ModelVersion, files: Files, options: StorageCallOptions) {
        const collected = mapFiles(files, async (file) => {
          const chunks: Uint8Array[] = [];
          for await (const chunk of file.content) chunks.push(chunk);
          return { ...file, content: chunks };
        });
        return super.publish(model, version, collected, options);
      }
    },
    caughtBy: ["is done with a piece before it asks for the next, so that the source may use one buffer for all"],
  },
  {
    fault: "loses the last piece of a file that has many",
    create: class extends ReferenceStorage {
      override publish(model: string, version: ModelVersion, files: Files, options: StorageCallOptions) {
        const short = mapFiles(files, (file) => ({ ...file, content: allButEleventh(file.content) }));
        return super.publish(model, version, short, options);
      }
    },
    caughtBy: ["gives a file of 5 MB back that came in pieces of odd lengths"],
  },
  {
    fault: "writes over versions",
    create: class extends ReferenceStorage {
      override checkFree(): void {}
    },
    caughtBy: [
      "refuses a version that exists with VERSION_EXISTS and keeps its content",
      "lets exactly one of several win that publish the same version at once",
    ],
  },
  {
    fault: "looks for a version before it reads the files only",
    create: class extends ReferenceStorage {
      override async publish(model: string, version: ModelVersion, files: Files, options: StorageCallOptions) {
        this.check(options.signal);
        checkModelName(model);
        this.checkFree(model, version);
        return this.add(model, version, await readFiles(files, options.signal));
      }
    },
    caughtBy: ["lets exactly one of several win that publish the same version at once"],
  },
  {
    fault: "keeps versions as JavaScript numbers",
    create: class extends ReferenceStorage {
      override add(model: string, version: ModelVersion, contents: ReadonlyMap<string, Buffer>): StoredVersion {
        return super.add(model, BigInt(Number(version)), contents);
      }
    },
    caughtBy: ["keeps neighbouring versions apart that are past what a JavaScript number holds"],
  },
  {
    fault: "takes any version",
    create: class extends ReferenceStorage {
      override async publish(model: string, _version: ModelVersion, files: Files, options: StorageCallOptions) {
        return super.publish(model, 1n, files, options);
      }
    },
    caughtBy: ["refuses version -1 with VERSION_INVALID", "refuses version 9223372036854775808 with VERSION_INVALID"],
  },
];

function easyPath(path: string): string {
  return path.normalize("NFC").toLowerCase().trim().replace(/[?*]/g, "_");
}

async function* mapFiles(
  files: Files,
  change: (file: IncomingFile) => IncomingFile | Promise<IncomingFile>,
): AsyncGenerator<IncomingFile> {
  for await (const file of files) yield change(file);
}

async function* allButEleventh(content: IncomingFile["content"]): AsyncGenerator<Uint8Array> {
  let count = 0;
  for await (const chunk of content) {
    count++;
    if (count !== 11) yield chunk;
  }
}
