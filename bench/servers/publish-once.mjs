// Publishes the files of a folder once to a disk storage, opens the version, and tells on standard output how long that took:
// `publish-once.mjs <folder> <root> copied|streamed`, as files of this machine or as streams from anywhere.
import { readdirSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { DiskStorage } from "@plinth/storage-disk";
import { peakMemoryMb } from "../measure/process-tree.mjs";

const CHUNK_BYTES = 4 * 1024 * 1024;

const [source, root, how] = process.argv.slice(2);
const { signal } = new AbortController();
const logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => logger };
const storage = new DiskStorage({ root, settleMs: 2_000 }, logger);
await storage.start({ signal });
const files = readdirSync(source).map((path) => ({
  path,
  content: contentOf(join(source, path)),
  localFile: how === "copied" ? join(source, path) : undefined,
}));
const publishMs = await timed(() => storage.publish("m", 1n, files, { signal }));
const openMs = await timed(async () => {
  const opened = await storage.open("m", 1n, { signal });
  if (opened.files.length !== files.length) throw new Error("The version is not whole");
  await opened[Symbol.asyncDispose]();
});
await storage[Symbol.asyncDispose]();
const rssMb = peakMemoryMb();
process.stdout.write(JSON.stringify({ publishMs, openMs, rssMb }));

/** As `plinth copy` reads. */
async function* contentOf(path) {
  const file = await open(path);
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  try {
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES);
      if (bytesRead === 0) return;
      yield chunk.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

async function timed(does) {
  const beganAtMs = performance.now();
  await does();
  return performance.now() - beganAtMs;
}
