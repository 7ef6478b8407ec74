// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of the configuration look like that
import { expect, test } from "vitest";
import { z } from "zod";
import { FAKE_PLUGINS, FakeWorkspace, fakePlugin } from "./fake-plugins.js";

test("tells of every value whether it stands in the file, and where", async () => {
  using workspace = new FakeWorkspace();
  const config = await workspace.parse(
    "server: { host: 0.0.0.0 }\nstorage:\n  use: disk\n  root: ./models\nmodels: { a: { versions: [3, 7] } }\n",
  );
  const settings = config.settings().map((setting) => ({ ...setting, position: setting.position?.split("/").at(-1) }));
  expect(settings.filter(({ position }) => position !== undefined)).toEqual([
    { path: "server.host", value: "0.0.0.0", position: "config.yaml:1:17", variables: [] },
    { path: "storage.use", value: "disk", position: "config.yaml:3:8", variables: [] },
    { path: "storage.root", value: "./models", position: "config.yaml:4:9", variables: [] },
    { path: "models.a.versions[0]", value: 3, position: "config.yaml:5:27", variables: [] },
    { path: "models.a.versions[1]", value: 7, position: "config.yaml:5:30", variables: [] },
  ]);
  const defaults = new Map(settings.filter(({ position }) => !position).map(({ path, value }) => [path, value]));
  expect(defaults.get("server.limits.maxConnections")).toBe(1_024);
  expect(defaults.get("backends[0].use"), "a section that the file does not have").toBe("onnx");
  expect(defaults.get("monitors")).toEqual([]);
});

test("hides what is secret, by its schema or by its name, and shows what the environment gave as it is written", async () => {
  const hidden = fakePlugin(
    "@plinth/storage-vault",
    z.strictObject({
      url: z.string(),
      pin: z.string().meta({ writeOnly: true }),
      headers: z.record(z.string(), z.string()),
      place: z.string(),
    }),
  );
  using workspace = new FakeWorkspace({ ...FAKE_PLUGINS, [hidden.name]: hidden });
  const config = await workspace.parse(
    `server: { managementTokens: { ada: "a-token-of-ada-1234" } }
storage:
  use: vault
  url: https://ada:hunter2@vault.example/
  pin: "0815"
  headers: { Authorization: Basic YWRh, X-Plain: seen }
  place: at \${PLACE}
`,
    { environment: { PLACE: "number seven" } },
  );
  const shown = Object.fromEntries(config.settings().map(({ path, value }) => [path, value]));
  expect(shown).toMatchObject({
    "server.managementTokens.ada": undefined,
    "storage.url": "https://…@vault.example/",
    "storage.pin": undefined,
    "storage.headers.Authorization": undefined,
    "storage.headers.X-Plain": "seen",
    "storage.place": "at ${PLACE}",
  });
  expect(config.settings().find(({ path }) => path === "storage.place")?.variables).toEqual(["PLACE"]);
  const all = JSON.stringify([config.settings(), config.server.managementTokens.size]);
  for (const secret of ["a-token", "hunter2", "0815", "YWRh", "number seven"]) expect(all).not.toContain(secret);
});
