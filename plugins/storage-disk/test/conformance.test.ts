import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testModelStorage } from "@plinth/conformance";
import { DiskStorage } from "@plinth/storage-disk";
import { silentLogger } from "./silent-logger.js";

testModelStorage("storage-disk", async () => {
  const root = await mkdtemp(join(tmpdir(), "plinth-test-"));
  const work = join(root, ".plinth/work");
  const create = () => new DiskStorage({ root, settleMs: 2_000 }, silentLogger);
  return {
    storage: create(),
    reopen: create,
    leftovers: async () => (existsSync(work) ? readdir(work) : []),
    cleanUp: () => rm(root, { recursive: true }),
  };
});
