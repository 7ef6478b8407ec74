// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of the configuration look like that
import { expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { FAKE_PLUGINS, FakeWorkspace, fakePlugin } from "./fake-plugins.js";

test("shows the whole configuration with every default", async () => {
  using workspace = new FakeWorkspace();
  const { effective } = await workspace.parse(
    "storage: { use: disk, root: ./models }\nmodels: { a: { backend: onnx, execution: {} }, b: }\n",
  );
  expect(parse(effective)).toEqual({
    server: {
      host: "127.0.0.1",
      processes: 1,
      shutdownDeadlineMs: 30_000,
      pollIntervalMs: 1_000,
      memoryBudgetBytes: 0,
      loading: "eager",
      idleUnloadMs: 0,
      protectedLabels: [],
      managementTokens: {},
      limits: {
        maxRequestBytes: 67_108_864,
        requestTimeoutMs: 30_000,
        inferenceTimeoutMs: 30_000,
        streamTimeoutMs: 600_000,
        maxConnections: 1_024,
      },
    },
    storage: { use: "disk", root: "./models" },
    backends: [{ use: "onnx", threads: 1 }],
    protocols: [{ use: "rest", port: 8501, cors: { origins: [], maxAgeMs: 0 } }],
    monitors: [],
    models: {
      a: { backend: "onnx", execution: { executor: "auto", maxQueuedRequests: 256 } },
      b: {},
    },
  });
});

const ENVIRONMENT = { ROOT: "/secret/place", PORT: "31337", KEY: "s3cret" };
const WITH_REFERENCES = `storage:
  use: disk
  root: \${ROOT}/models
protocols:
  - use: rest
    port: \${PORT:-8501}
    cors: { origins: ["\${KEY}", '\${UNSET:-"none"}', "$\${KEY}", "8501", "true", "a: b"] }
models:
  big: { versions: [9007199254740993, 0x10] }
`;

test("shows references to the environment as they were written", async () => {
  using workspace = new FakeWorkspace();
  const { effective } = await workspace.parse(WITH_REFERENCES, { environment: ENVIRONMENT });
  expect(effective).toContain("root: ${ROOT}/models\n");
  expect(effective).toContain("port: ${PORT:-8501}\n");
  expect(effective).toContain('- "${KEY}"\n');
  for (const value of Object.values(ENVIRONMENT)) expect(effective).not.toContain(value);
});

test("reads back as the same configuration", async () => {
  using workspace = new FakeWorkspace();
  const first = await workspace.parse(WITH_REFERENCES, { environment: ENVIRONMENT });
  const second = await workspace.parse(first.effective, { environment: ENVIRONMENT });
  const essence = ({ server, models, storage, protocols }: typeof first) => ({
    server,
    models: [...(models ?? [])].map(([name, { pins: _, ...model }]) => [name, model]),
    options: [storage, ...protocols].map((use) => use.options),
  });
  expect(essence(second)).toEqual(essence(first));
  expect(second.effective).toBe(first.effective);
});

test("shows nothing that a plugin made of its options", async () => {
  const config = z.strictObject({ key: z.string().transform((key) => ({ derived: key.toUpperCase() })) });
  using workspace = new FakeWorkspace({ ...FAKE_PLUGINS, "@plinth/storage-vault": fakePlugin("vault", config) });
  const { storage, effective } = await workspace.parse("storage:\n  use: vault\n  key: ${KEY}\n", {
    environment: ENVIRONMENT,
  });
  expect(storage.options).toEqual({ key: { derived: "S3CRET" } });
  expect(effective).toContain("storage:\n  use: vault\n  key: ${KEY}\n");
  expect(effective.toLowerCase()).not.toContain("s3cret");
});
