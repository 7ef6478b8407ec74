import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testModelStorage } from "@plinth/conformance";
import { DiskStorage } from "@plinth/storage-disk";
import { silentLogger } from "./silent-logger.js";

testModelStorage("storage-disk", async () => {
  const root = await mkdtemp(join(tmpdir(), "plinth-test-"));
  const kept = ["work", "unfinished"].map((name) => join(root, ".plinth", name));
  const create = () => new DiskStorage({ root, settleMs: 2_000 }, silentLogger);
  return {
    storage: create(),
    reopen: create,
    resumes: true,
    leftovers: async () => (await Promise.all(kept.filter(existsSync).map((folder) => readdir(folder)))).flat(),
    writeSideFile: (model, name, content) => writeFile(join(root, model, name), content),
    cleanUp: () => rm(root, { recursive: true }),
  };
});
