import { type IncomingFile, PlinthError } from "@plinth/core";
import { extract } from "tar-stream";

/** What belongs to a tar but is no file of its own. */
const FOLDER_TYPES: ReadonlySet<string> = new Set(["directory", "pax-header", "pax-global-header"]);

/**
 * The files of a tar, one after the other, never all in memory. What is neither a file nor a folder is refused: a link could
 * lead out of the version's folder.
 *
 * @throws PlinthError `FILES_INVALID`
 */
export async function* incomingTar(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<IncomingFile> {
  const archive = extract();
  const fed = feed(bytes, archive);
  try {
    for await (const entry of archive) {
      const { name, type } = entry.header;
      if (type === "file" || type === "contiguous-file") {
        yield { path: name.replace(/^(?:\.\/)+/, ""), content: entryContent(entry as AsyncIterable<Uint8Array>) };
      } else if (type !== undefined && type !== null && FOLDER_TYPES.has(type)) {
        entry.resume();
      } else {
        throw new PlinthError(
          "FILES_INVALID",
          `Expected plain files and folders in the tar, got a ${type} at ${JSON.stringify(name.slice(0, 256))}`,
        );
      }
    }
    await fed;
  } catch (thrown) {
    throw tarFault(thrown);
  } finally {
    archive.destroy();
  }
}

/** Writes the bytes into the archive as fast as its files are read; a failure of theirs becomes one of the archive. */
async function feed(bytes: AsyncIterable<Uint8Array>, archive: ReturnType<typeof extract>): Promise<void> {
  try {
    for await (const chunk of bytes) {
      if (archive.destroyed) return;
      if (!archive.write(chunk)) await drained(archive);
    }
    archive.end(null);
  } catch (error) {
    archive.destroy(error as Error);
  }
}

function drained(archive: ReturnType<typeof extract>): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      archive.off("drain", settle);
      archive.off("close", settle);
      resolve();
    };
    archive.on("drain", settle);
    archive.on("close", settle);
  });
}

async function* entryContent(entry: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* entry;
  } catch (thrown) {
    throw tarFault(thrown);
  }
}

function tarFault(thrown: unknown): unknown {
  if (PlinthError.from(thrown).reason !== "INTERNAL") return thrown;
  return new PlinthError("FILES_INVALID", `The body is no whole tar: ${(thrown as Error).message}; send it again`, {
    cause: thrown,
  });
}
