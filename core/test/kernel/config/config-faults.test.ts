// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of the configuration look like that
import { expect, test } from "vitest";
import { z } from "zod";
import { SECRET } from "../../../src/extension-points/plugin.js";
import { configErrorOf, FAKE_PLUGINS, FakeWorkspace, fakePlugin } from "./fake-plugins.js";

const STORAGE = "storage: { use: disk, root: ./models }\n";

/** Each text has the one fault that is named: where it is, and words that its message must have. */
const SINGLE_FAULTS: readonly (readonly [what: string, text: string, at: string, ...words: string[]])[] = [
  [
    "an unknown section, nearest key",
    `storage: { use: disk, root: a }\nprotocol: []\n`,
    "2:1",
    'unknown key "protocol"',
    '"protocols"',
  ],
  [
    "an unknown section, far from all",
    `${STORAGE}zebra: 1\n`,
    "2:1",
    '"zebra"',
    "server, storage, backends, protocols, monitors, models",
  ],
  ["an unknown key of the server", `${STORAGE}server:\n  hots: ::1\n`, "3:3", "server.hots", 'did you mean "host"'],
  ["no process at all", `${STORAGE}server: { processes: 0 }\n`, "2:22", "server.processes", ">=1"],
  ["a number of processes that is none", `${STORAGE}server: { processes: many }\n`, "2:22", "`auto`", "1 to 256"],
  ["a key in another style", `${STORAGE}server: { poll_interval_ms: 5000 }\n`, "2:11", 'did you mean "pollIntervalMs"'],
  [
    "an unknown limit",
    `${STORAGE}server: { limits: { maxConnection: 5 } }\n`,
    "2:21",
    "server.limits.maxConnection",
    '"maxConnections"',
  ],
  ["an unknown key of a model", `${STORAGE}models:\n  a:\n    label: { x: 1 }\n`, "4:5", "models.a.label", '"labels"'],
  [
    "a key of a later grammar",
    `${STORAGE}models: { a: { quotas: { x: 1 } } }\n`,
    "2:16",
    '"quotas"',
    "backend, versions, labels, traffic, stickyBy, shadow, transition, loading, execution, batching, example",
  ],
  [
    "traffic to no label",
    `${STORAGE}models: { a: { labels: { stable: 1 }, traffic: { stabel: 1 } } }\n`,
    "2:50",
    '"stable"',
  ],
  ["a shadow to no label", `${STORAGE}models: { a: { shadow: { canary: 1 } } }\n`, "2:26", '"canary"'],
  [
    "traffic to a version that is not served",
    `${STORAGE}models: { a: { versions: [3], traffic: { 4: 1 } } }\n`,
    "2:42",
    "lists",
  ],
  ["a weight of nothing", `${STORAGE}models: { a: { traffic: { 4: 0 } } }\n`, "2:30", "above 0"],
  ["a percentage above all", `${STORAGE}models: { a: { shadow: { 4: 101 } } }\n`, "2:29", "up to 100"],
  ["two shadows", `${STORAGE}models: { a: { shadow: { 4: 1, 5: 1 } } }\n`, "2:24", "one label or version"],
  ["a header that is none", `${STORAGE}models: { a: { stickyBy: "x y" } }\n`, "2:26", "header"],
  ["an unknown way to take turns", `${STORAGE}models: { a: { transition: fast } }\n`, "2:28", "resource-preserving"],
  ["an unknown time to load", `${STORAGE}models: { a: { loading: pinned } }\n`, "2:25", "eager", "lazy"],
  ["an unknown time to load by default", `${STORAGE}server: { loading: later }\n`, "2:20", "eager", "lazy"],
  ["a label like a version", `${STORAGE}models: { a: { labels: { 3: 4 } } }\n`, "2:26", "no number"],
  ["an unknown option of a plugin", "storage:\n  use: disk\n  root: a\n  rooot: b\n", "4:3", "storage.rooot", '"root"'],
  [
    "an unknown option, deep in a plugin",
    `${STORAGE}protocols:\n  - use: rest\n    cors: { orgins: [] }\n`,
    "4:13",
    "protocols[0].cors.orgins",
    '"origins"',
  ],
  [
    "an option of a plugin without any",
    `${STORAGE}monitors:\n  - use: prometheus\n    path: /m\n`,
    "4:5",
    'unknown key "path"',
  ],
  ["a missing section", "server: {}\n", "1:1", "storage: missing", "{ use: name }"],
  ["a missing use", `${STORAGE}monitors:\n  - {}\n`, "3:5", "monitors[0].use: missing"],
  ["a missing option", `server: {}\nstorage: { use: disk }\n`, "2:1", "storage.root: missing", "text"],
  ["a section that is empty", `${STORAGE}models:\n`, "2:8", "expected a mapping, got nothing"],
  ["text where a mapping belongs", "storage: disk\n", "1:10", "{ use: name }", 'the text "disk"'],
  ["text where a list belongs", `${STORAGE}backends: onnx\n`, "2:11", "expected a list", '"onnx"'],
  [
    "text where a number belongs",
    `${STORAGE}server: { pollIntervalMs: "5" }\n`,
    "2:27",
    "expected a number",
    'the text "5"',
  ],
  ["a fraction", `${STORAGE}server: { pollIntervalMs: 50.5 }\n`, "2:27", "expected a whole number", "50.5"],
  [
    "a number that is too small",
    `${STORAGE}server: { limits: { maxRequestBytes: 0 } }\n`,
    "2:38",
    ">=1",
    "the number 0",
  ],
  ["a number that no timer takes", `${STORAGE}server: { shutdownDeadlineMs: 1e12 }\n`, "2:31", "<=3600000"],
  ["a host with a port", `${STORAGE}server: { host: "127.0.0.1:8501" }\n`, "2:17", "without a port"],
  [
    "a wrong option of a plugin",
    `${STORAGE}protocols:\n- use: rest\n  port: 70000\n`,
    "4:9",
    "protocols[0].port",
    "<=65535",
    "70000",
  ],
  [
    "a wrong option in one alternative",
    `${STORAGE}protocols: [{ use: rest, size: { bytes: x } }]\n`,
    "2:41",
    "protocols[0].size.bytes: expected a number",
  ],
  [
    "none of the alternatives",
    `${STORAGE}protocols: [{ use: rest, size: 5 }]\n`,
    "2:32",
    '"auto" or a mapping',
    "the number 5",
  ],
  [
    "a number that is not exact",
    `${STORAGE}backends: [{ use: onnx, threads: 9007199254740993 }]\n`,
    "2:34",
    "9007199254740993",
  ],
  ["a name that cannot be a model's", `${STORAGE}models: { ok: {}, a/b: {} }\n`, "2:19", 'models["a/b"]', "slash"],
  ["a label that cannot be one", `${STORAGE}models: { a: { labels: { "": 1 } } }\n`, "2:26", "expected a name"],
  [
    "an unknown policy",
    `${STORAGE}models: { a: { versions: newest } }\n`,
    "2:26",
    "all, { latest: 2 } or a list",
    '"newest"',
  ],
  ["no version at all", `${STORAGE}models: { a: { versions: [] } }\n`, "2:26", "at least one version"],
  [
    "latest of none",
    `${STORAGE}models: { a: { versions: { latest: 0 } } }\n`,
    "2:36",
    "models.a.versions.latest",
    ">=1",
  ],
  [
    "a version past int64",
    `${STORAGE}models: { a: { versions: [9223372036854775808] } }\n`,
    "2:27",
    "9223372036854775807",
  ],
  [
    "a negative version",
    `${STORAGE}models: { a: { labels: { x: -1 } } }\n`,
    "2:29",
    "models.a.labels.x",
    "the number -1",
  ],
  [
    "a label of a version that is not listed",
    `${STORAGE}models: { a: { versions: [3, 7], labels: { ok: 3, canary: 8 } } }\n`,
    "2:59",
    "models.a.labels.canary",
    "`versions` lists",
  ],
  [
    "a backend of a wrong kind",
    `${STORAGE}models: { a: { backend: 3 } }\n`,
    "2:25",
    "name of a backend",
    "the number 3",
  ],
  [
    "a backend that is not there",
    `${STORAGE}models: { a: { backend: onx } }\n`,
    "2:25",
    "models.a.backend",
    'did you mean "onnx"',
    "npm install @plinth/backend-onx",
  ],
  [
    "a wrong option for one model",
    `${STORAGE}models: { a: { backend: { use: onnx, threads: 65 } } }\n`,
    "2:47",
    "models.a.backend.threads",
    "<=64",
  ],
  ["a backend that stands twice", `${STORAGE}backends:\n- use: onnx\n- use: "@plinth/backend-onnx"\n`, "4:8", "twice"],
  [
    "a plugin that is not there",
    "storage:\n  use: dsk\n",
    "2:8",
    'no storage "dsk"',
    "@plinth/storage-dsk",
    'did you mean "disk"',
  ],
  ["a path that is not there", "storage: { use: ./mine.js }\n", "1:17", "no file or folder", "mine.js"],
  ["a plugin named by a URL", 'storage: { use: "data:text/javascript,1" }\n', "1:17", "expected a short name"],
  ["a plugin named by the environment", "storage:\n  use: ${NAME}\n", "2:8", "cannot be named by the environment"],
  [
    "a missing variable",
    "storage:\n  use: disk\n  root: ${HOME_OF_MODELS}\n",
    "3:9",
    "HOME_OF_MODELS is not set",
    "${HOME_OF_MODELS:-default}",
  ],
  ["a reference without an end", 'storage: { use: disk, root: "a${b" }\n', "1:29", "${NAME}", "$${"],
  [
    "a key that stands twice",
    "storage:\n  use: disk\n  root: a\n  root: b\n",
    "4:3",
    "storage.root",
    "twice",
    "line 3",
  ],
  ["an alias without an anchor", "storage: *nowhere\n", "1:10", "&nowhere"],
  ["a tag", "storage: { use: disk, root: !secret a }\n", "1:29", "not valid YAML", "!secret"],
  ["binary data", "storage: { use: disk, root: !!binary aGk= }\n", "1:29", "not valid YAML", "binary"],
  ["a list at the top", "- storage\n", "1:1", "expected a mapping", "a list of 1"],
  ["a second document", `${STORAGE}---\n${STORAGE}`, "2:1", "one YAML document"],
  ["wrong indentation", "storage:\n  use: disk\n root: a\n", "3:1", "not valid YAML"],
  ["a quote without an end", "storage: 'disk\n", "2:1", "not valid YAML", "quote"],
];

test.each(SINGLE_FAULTS)("tells of %s", async (_, text, at, ...words) => {
  using workspace = new FakeWorkspace();
  const faults = await workspace.faults(text, { environment: { NAME: "disk" } });
  expect(faults).toHaveLength(1);
  expect(faults[0]).toMatch(new RegExp(`^${at}: `));
  for (const word of words) expect(faults[0]).toContain(word);
});

test("tells all faults of a file at once, in its order", async () => {
  using workspace = new FakeWorkspace();
  const text = `server: { hots: a, limits: { maxConnections: 0 } }
storage: { use: dsk }
protocols:
  - use: rest
    port: \${MISSING}
    corss: {}
  - use: nosuch
models:
  a: { versions: [1], labels: { x: 2 }, exampel: b }
  a: {}
`;
  const error = await configErrorOf(workspace.parse(text));
  expect(error.faults.map(({ line, column, path, reason }) => [`${line}:${column}`, path, reason])).toEqual([
    ["1:11", "server.hots", "CONFIG_INVALID"],
    ["1:46", "server.limits.maxConnections", "CONFIG_INVALID"],
    ["2:17", "storage.use", "PLUGIN_NOT_FOUND"],
    ["5:11", "protocols[0].port", "CONFIG_INVALID"],
    ["6:5", "protocols[0].corss", "CONFIG_INVALID"],
    ["7:10", "protocols[1].use", "PLUGIN_NOT_FOUND"],
    ["9:36", "models.a.labels.x", "CONFIG_INVALID"],
    ["9:41", "models.a.exampel", "CONFIG_INVALID"],
    ["10:3", "models.a", "CONFIG_INVALID"],
  ]);
  expect(error.message.split("\n")).toHaveLength(9);
  expect(error.message).toMatch(/^.*config\.yaml:1:11: server\.hots: unknown key/);
  expect(error.cause).toBeInstanceOf(AggregateError);
});

test("tells a wrong option of the backends section once, though models build on it", async () => {
  using workspace = new FakeWorkspace();
  const models = "models:\n  a: { backend: { use: onnx } }\n  b: { backend: { use: tfjs, wasm: false } }\n";
  const faults = await workspace.faults(
    `${STORAGE}backends: [{ use: onnx, threads: x }, { use: tfjs, pth: a }]\n${models}`,
  );
  expect(faults.map((fault) => fault.slice(0, 5))).toEqual(["2:34:", "2:52:"]);
});

test("says that a faulty section is a default", async () => {
  using workspace = new FakeWorkspace();
  const faults = await workspace.faults(STORAGE, { defaults: { protocols: [{ use: "grpcc" }] } });
  expect(faults[0]).toMatch(/^1:1: protocols\[0\]\.use: .*"grpc".*\(a default, since the file has no "protocols"\)$/);
});

test("shows a hundred faults and the number of the others", async () => {
  using workspace = new FakeWorkspace();
  const faults = await workspace.faults(
    STORAGE + Array.from({ length: 150 }, (_, index) => `wrong${index}: 1\n`).join(""),
  );
  expect(faults).toHaveLength(101);
  expect(faults[100]).toContain("50 more faults");
});

test("keeps a message on one line and without control characters", async () => {
  const schema = standardSchema(() => ({ issues: [{ message: "one\ntwo\u001b[31m three\u2028four" }] }));
  using workspace = new FakeWorkspace({ ...FAKE_PLUGINS, "@plinth/storage-odd": fakePlugin("odd", schema) });
  expect(await workspace.faults("storage: { use: odd }\n")).toEqual(["1:1: storage: one two [31m three four"]);
});

test("recognises unknown keys of schemas that are not zod's", async () => {
  const schema = standardSchema(
    async () => ({ issues: [{ message: "Expected never", path: [{ key: "deep" }, { key: "rooot" }] }] }),
    {
      type: "object",
      properties: { deep: { $ref: "#/$defs/deep" } },
      $defs: { deep: { type: "object", properties: { root: {} }, additionalProperties: false } },
    },
  );
  using workspace = new FakeWorkspace({ ...FAKE_PLUGINS, "@plinth/storage-odd": fakePlugin("odd", schema) });
  expect(await workspace.faults("storage: { use: odd, deep: { rooot: 1 } }\n")).toEqual([
    '1:30: storage.deep.rooot: unknown key "rooot"; did you mean "root"?',
  ]);
});

test("tells of a schema that throws, with its plugin's name and the cause", async () => {
  const cause = new Error("broken schema");
  const schema = standardSchema(() => {
    throw cause;
  });
  using workspace = new FakeWorkspace({ ...FAKE_PLUGINS, "@plinth/storage-odd": fakePlugin("odd", schema) });
  const error = await configErrorOf(workspace.parse("storage: { use: odd }\n"));
  expect(error.faults[0]).toMatchObject({ reason: "PLUGIN_FAILED", line: 1, column: 17 });
  expect(error.message).toContain('"odd" failed to check its options: broken schema');
  expect((error.cause as Error).cause).toBe(cause);
});

test("shows of nothing that is secret what it is, wrong as it may be", async () => {
  const vault = z
    .strictObject({
      pin: z.number().int().max(9).meta(SECRET),
      keys: z
        .array(z.string().refine((key) => key === "right", { error: (issue) => `bad: ${issue.input}` }))
        .meta(SECRET),
      plain: z.string(),
    })
    .refine(({ plain }) => plain === "fine", { error: (issue) => `not fine: ${JSON.stringify(issue.input)}` });
  using workspace = new FakeWorkspace({ ...FAKE_PLUGINS, "@plinth/storage-vault": fakePlugin("vault", vault) });
  const wrong = await workspace.faults(
    "server: { managementTokens: { ada: hunter2 } }\nstorage: { use: vault, pin: 4711, keys: [hunter2], plain: 1 }\n",
  );
  const whole = await workspace.faults("storage: { use: vault, pin: 8, keys: [right], plain: hunter2 }\n");
  const text = [...wrong, ...whole].join("\n");
  expect(text).not.toMatch(/4711|hunter2|right/);
  expect(wrong).toEqual([
    expect.stringMatching(/^1:36: server\.managementTokens\.ada: expected a token of .*, got a value that is secret$/),
    expect.stringMatching(/^2:29: storage\.pin: .*<=9, got a value that is secret$/),
    expect.stringMatching(/^2:42: storage\.keys\[0\]: refused by the plugin, .* may show what is secret;/),
    expect.stringMatching(/^2:59: storage\.plain: expected text, got the number 1$/),
  ]);
  expect(whole).toEqual([expect.stringMatching(/^1:1: storage: refused by the plugin, .* may show what is secret;/)]);
});

function standardSchema(validate: () => unknown, jsonSchema: Record<string, unknown> = {}) {
  const input = () => jsonSchema;
  return { "~standard": { version: 1, vendor: "test", validate, jsonSchema: { input, output: input } } } as never;
}
