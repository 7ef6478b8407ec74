// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of the configuration look like that
import { expect, test } from "vitest";
import { z } from "zod";
import { SECRET } from "../../../src/extension-points/plugin.js";
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
      pin: z.string().meta(SECRET),
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

const HIDDEN = "hidden-1234";

test.each<readonly [string, z.ZodType, unknown]>([
  ["a text", z.string().meta(SECRET), HIDDEN],
  ["a text that may be left out, with help", z.string().meta(SECRET).optional().describe("help"), HIDDEN],
  ["a text with a default", z.string().default("x").meta(SECRET), HIDDEN],
  ["a text or nothing", z.string().nullable().meta(SECRET), HIDDEN],
  ["a choice", z.union([z.number(), z.string()]).meta(SECRET), HIDDEN],
  ["one side of a choice", z.union([z.number(), z.string().meta(SECRET)]), HIDDEN],
  ["a combination", z.intersection(z.string(), z.string().meta(SECRET)), HIDDEN],
  ["all that is in a mapping", z.record(z.string(), z.string()).meta(SECRET), { x: HIDDEN }],
  ["what a key may have", z.record(z.string(), z.string().meta(SECRET)), { x: HIDDEN }],
  ["all that is in a list", z.array(z.strictObject({ x: z.string() })).meta(SECRET), [{ x: HIDDEN }]],
  ["what is in a list", z.array(z.string().meta(SECRET)), [HIDDEN]],
  ["one place of a list", z.tuple([z.string(), z.string().meta(SECRET)]), ["seen", HIDDEN]],
  ["what is described once", z.strictObject({ x: z.string().meta({ ...SECRET, id: "Key" }) }), { x: HIDDEN }],
])("hides what is marked as secret: %s", async (_what, option, value) => {
  const plugin = fakePlugin("@plinth/backend-vault", z.strictObject({ plain: z.string(), odd: option }));
  using workspace = new FakeWorkspace({ ...FAKE_PLUGINS, [plugin.name]: plugin });
  const backend = { use: "vault", plain: "seen", odd: value };
  const config = await workspace.parse(
    JSON.stringify({
      storage: { use: "disk", root: "./models" },
      backends: [backend],
      models: { m: { backend } },
    }),
  );
  const settings = config.settings();
  expect(JSON.stringify(settings)).not.toContain(HIDDEN);
  const shown = settings.filter(({ value: each }) => each === "seen").map(({ path }) => path);
  expect(shown).toEqual(expect.arrayContaining(["backends[0].plain", "models.m.backend.plain"]));
});
