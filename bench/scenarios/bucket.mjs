import { execFile } from "node:child_process";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { inTurns } from "../measure/in-turns.mjs";
import { atLeast, below } from "../target.mjs";

const execute = promisify(execFile);
const TRANSFER = fileURLToPath(new URL("../servers/bucket-transfer.mjs", import.meta.url));

const BYTES = 1_000_000_000;
const WANTED_OF_FLOOR = 0.7;
const WANTED_BELOW_MB = 200;

/** Each transfer runs in a process of its own, whose memory at its largest counts. */
export const bucket = {
  title: "1 GB into a bucket and out of it",

  async run({ folder, rounds, isQuick }) {
    if (!process.env.S3_ENDPOINT) {
      return { tables: [{ title: "not measured: run it as `.ci/minio npm run bench -- --only bucket`", rows: [] }] };
    }
    const bytes = isQuick ? BYTES / 10 : BYTES;
    const source = join(folder, "version.bin");
    await writeNoise(source, bytes);
    const candidate = (name, kind) => ({ name, load: () => transfer(kind, source, bytes, folder) });
    const put = candidate("parts straight into the bucket", "put");
    const publish = candidate("publish", "publish");
    const get = candidate("ranges straight into a file", "get");
    const materialize = candidate("open", "open");
    const measured = await inTurns([put, publish, get, materialize], { rounds, seconds: 1, warmUpSeconds: 0 });
    await rm(source);
    const floorOf = new Map([
      [publish, put],
      [materialize, get],
    ]);
    const rows = measured.rows((each) => {
      const floor = floorOf.get(each);
      return floor === undefined ? {} : { ofFloor: measured.ratio("mbPerSecond", each, floor) };
    });
    const targets = [...floorOf].flatMap(([each, floor]) => [
      atLeast(`${each.name} of 1 GB, of its floor`, measured.ratio("mbPerSecond", each, floor), WANTED_OF_FLOOR),
      below(`memory during ${each.name}`, measured.of(each).peakRssMb, WANTED_BELOW_MB, " MB"),
    ]);
    return { tables: [{ rows }], targets };
  },
};

async function transfer(kind, source, bytes, folder) {
  const { stdout } = await execute(process.execPath, [TRANSFER, kind, source, join(folder, "transfer")]);
  const { seconds, peakRssMb } = JSON.parse(stdout);
  return { mbPerSecond: bytes / 1e6 / seconds, peakRssMb };
}

/** Bytes without a pattern that anything on the way could use. */
async function writeNoise(path, bytes) {
  const chunk = Buffer.alloc(10_000_000);
  const words = new Uint32Array(chunk.buffer);
  for (let index = 0, word = 1; index < words.length; index++) {
    word = Math.imul(word, 1_664_525) + 1_013_904_223;
    words[index] = word;
  }
  const file = await open(path, "w");
  for (let written = 0; written < bytes; written += chunk.length) {
    words[0] = written;
    await file.write(chunk);
  }
  await file.close();
}
