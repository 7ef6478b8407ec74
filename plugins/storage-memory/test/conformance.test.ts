import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testModelStorage } from "@plinth/conformance";
import { MemoryStorage } from "@plinth/storage-memory";
import { afterEach, vi } from "vitest";

afterEach(() => vi.unstubAllEnvs());

testModelStorage("storage-memory", async () => {
  const temporary = await mkdtemp(join(tmpdir(), "plinth-test-"));
  vi.stubEnv("TMPDIR", temporary);
  return {
    storage: new MemoryStorage({ maxBytes: 64 * 1024 ** 2 }),
    givesContents: true,
    leftovers: () => readdir(temporary),
    cleanUp: () => rm(temporary, { recursive: true }),
  };
});
