import { execFile } from "node:child_process";
import { randomFillSync } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { inTurns } from "../measure/in-turns.mjs";
import { atLeast, below } from "../target.mjs";

const execute = promisify(execFile);
const PUBLISH = fileURLToPath(new URL("../servers/publish-once.mjs", import.meta.url));

const FILES = 4;
const FILE_BYTES = 256 * 1024 * 1024;
const QUICK_FILE_BYTES = 32 * 1024 * 1024;

export const storage = {
  title:
    "a version of 1 GiB in four files: published on disk and opened, beside cp; each until all is on the disk (fsync)",

  async run({ folder, isQuick, rounds }) {
    const fileBytes = isQuick ? QUICK_FILE_BYTES : FILE_BYTES;
    const source = join(folder, "version");
    mkdirSync(source);
    for (let file = 0; file < FILES; file++) {
      writeFileSync(join(source, `${file}.bin`), randomFillSync(Buffer.allocUnsafe(fileBytes)));
    }
    const megabytes = (FILES * fileBytes) / 1e6;
    const target = join(folder, "root");
    const into = (name, run) => ({
      name,
      load: async () => {
        mkdirSync(target);
        try {
          return await run();
        } finally {
          rmSync(target, { recursive: true });
        }
      },
    });
    const cp = into("cp -r, sync", async () => {
      const beganAtMs = performance.now();
      await execute("sh", ["-c", 'cp -r "$1" "$2/m" && sync "$2"/m/* "$2/m" "$2"', "sh", source, target]);
      return { mbPerSecond: megabytes / ((performance.now() - beganAtMs) / 1000) };
    });
    const publish = (name, how) =>
      into(name, async () => {
        const { stdout } = await execute(process.execPath, [PUBLISH, source, target, how]);
        const { publishMs, openMs, rssMb } = JSON.parse(stdout);
        return { mbPerSecond: megabytes / (publishMs / 1000), openMs, rssMb };
      });
    const copied = publish("publish of local files, open", "copied");
    const streamed = publish("publish of streams, open", "streamed");
    const measured = await inTurns([cp, copied, streamed], {
      rounds: Math.max(2, rounds),
      seconds: 0,
      warmUpSeconds: 0,
    });
    rmSync(source, { recursive: true });
    const highestMb = Math.max(...[copied, streamed].map((each) => measured.of(each).rssMb));
    return {
      tables: [{ rows: measured.rows() }],
      targets: [
        atLeast("publish on disk, of cp", measured.ratio("mbPerSecond", copied, cp), 0.7, "x"),
        below("opening what was published, ms", measured.of(copied).openMs, 50),
        below("resident memory at its highest meanwhile, MB", highestMb, 200),
      ],
    };
  },
};
