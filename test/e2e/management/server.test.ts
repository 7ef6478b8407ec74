import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { RevisionList } from "@plinth/management";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ROOT } from "../../architecture/source-files.js";
import type { ManagementClient } from "../management-client.js";
import { ManagementUnderTest } from "./management-under-test.js";

let subject: ManagementUnderTest;
let api: ManagementClient;

beforeAll(async () => {
  subject = await ManagementUnderTest.start();
  api = subject.api;
});

afterAll(() => subject[Symbol.asyncDispose]());

it("tells what the server runs by, and what it is made of", async () => {
  const { body: config } = await api.get<{ readonly settings: readonly object[] }>("/api/config");
  expect(config.settings).toContainEqual(
    expect.objectContaining({
      path: "server.pollIntervalMs",
      value: 20,
      position: expect.stringMatching(/config\.yaml:1:27$/),
    }),
  );
  const { body: plugins } = await api.get<{ readonly items: readonly object[] }>("/api/plugins");
  const { version } = JSON.parse(await readFile(join(ROOT, "plugins", "storage-disk", "package.json"), "utf8"));
  expect(plugins.items[0]).toMatchObject({ kind: "storage", use: "disk", name: "@plinth/storage-disk", version });
  const { body: storage } = await api.get("/api/storage");
  expect(storage).toMatchObject({ use: "disk", unreadable: [], records: { writable: true } });
  expect((await api.get("/api/statistics/series")).status).toBe(200);
  const changes = async () => (await api.get<RevisionList>("/api/history")).body.items.length;
  const before = await changes();
  await api.get("/api/storage");
  expect(await changes(), "looking changes nothing").toBe(before);
});
