import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type StorageUnderTest, testModelStorage } from "@plinth/conformance";
import { DiskStorage } from "@plinth/storage-disk";
import { silentLogger } from "./silent-logger.js";

const create = async (): Promise<StorageUnderTest> => {
  const root = await mkdtemp(join(tmpdir(), "plinth-test-"));
  const kept = ["work", "unfinished"].map((name) => join(root, ".plinth", name));
  const open = () => new DiskStorage({ root, settleMs: 2_000 }, silentLogger);
  return {
    storage: open(),
    reopen: open,
    resumes: true,
    leftovers: async () => (await Promise.all(kept.filter(existsSync).map((folder) => readdir(folder)))).flat(),
    writeSideFile: (model, name, content) => writeFile(join(root, model, name), content),
    cleanUp: () => rm(root, { recursive: true }),
  };
};

testModelStorage("storage-disk", create, { isConcurrent: true });
