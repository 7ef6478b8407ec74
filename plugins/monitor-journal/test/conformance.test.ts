import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testMonitor } from "@plinth/conformance";
import { afterAll, beforeAll } from "vitest";
import { JournalUnderTest } from "./journal-under-test.js";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "plinth-journal-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

testMonitor("@plinth/monitor-journal", () => {
  const requests = { share: 1, formats: ["json", "tfrecord"], redact: ["words"] };
  return JournalUnderTest.monitorIn(folder, { requests, failures: { inputs: true } });
});

testMonitor("@plinth/monitor-journal in memory", () => JournalUnderTest.monitorIn(folder, { keep: "memory" }));
