// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of the configuration look like that
import { inspect } from "node:util";
import { expect, test } from "vitest";
import { z } from "zod";
import { configErrorOf, FAKE_PLUGINS, FakeWorkspace, fakePlugin } from "./fake-plugins.js";

async function rootOf(written: string, environment: Record<string, string> = {}): Promise<unknown> {
  using workspace = new FakeWorkspace();
  const { storage } = await workspace.parse(`storage:\n  use: disk\n  root: ${written}\n`, { environment });
  return (storage.options as { root: unknown }).root;
}

test.each([
  ["${A}", "one"],
  ["before-${A}-${B}-after", "before-one-two-after"],
  ["'${A}'", "one"],
  ["${MISSING:-fallback}", "fallback"],
  ["${EMPTY:-fallback}", "fallback"],
  ["${A:-fallback}", "one"],
  ["'x${EMPTY}y'", "xy"],
  ["'${MISSING:-}z'", "z"],
  ["${MISSING:-a:-b}", "a:-b"],
  ["$${A}", "${A}"],
  ["'$$${A}'", "$${A}"],
  ["a$b", "a$b"],
  ["'$'", "$"],
  ["'${NESTED}'", "${A}"],
  ["|-\n    ${A}\n    two", "one\ntwo"],
  ["a # ${MISSING}", "a"],
  ["!!str ${NUMBER}", "8501"],
])("puts the environment into %s", async (written, expected) => {
  expect(await rootOf(written, { A: "one", B: "two", EMPTY: "", NESTED: "${A}", NUMBER: "8501" })).toBe(expected);
});

test.each([
  ["${PORT}", "9000", 9000],
  ["${PORT:-9001}", undefined, 9001],
  ["${PORT}", "0x10", 16],
])("types an unquoted %s of %s as YAML would", async (written, value, expected) => {
  using workspace = new FakeWorkspace();
  const text = `storage: { use: disk, root: a }\nprotocols:\n  - use: rest\n    port: ${written}\n`;
  const { protocols } = await workspace.parse(text, { environment: { PORT: value } });
  expect(protocols[0]?.options).toMatchObject({ port: expected });
});

test.each(["'${PORT}'", "9${PORT}"])("leaves %s text, though it looks like a number", async (written) => {
  using workspace = new FakeWorkspace();
  const text = `storage: { use: disk, root: a }\nprotocols:\n  - use: rest\n    port: ${written}\n`;
  const [fault] = await workspace.faults(text, { environment: { PORT: "9000" } });
  expect(fault).toBe("4:11: protocols[0].port: expected a number, got a value from ${PORT}");
});

test("takes a value as it is, also where it looks like YAML", async () => {
  for (const value of ["{ a: 1 }", "[1, 2]", "# no comment", "*alias", "a: b\nc: d", "'quoted'"]) {
    expect(await rootOf("${VALUE}", { VALUE: value })).toBe(value);
  }
});

test("reads no reference in a key", async () => {
  using workspace = new FakeWorkspace();
  const { models } = await workspace.parse('storage: { use: disk, root: a }\nmodels: { "${A}": {} }\n', {
    environment: { A: "x" },
  });
  expect([...(models?.keys() ?? [])]).toEqual(["${A}"]);
});

test("takes no variable from what every object inherits", async () => {
  using workspace = new FakeWorkspace();
  expect((await workspace.faults("storage:\n  use: disk\n  root: ${constructor}\n"))[0]).toContain(
    "constructor is not set",
  );
});

test("explains why a reference cannot stand unquoted between braces", async () => {
  using workspace = new FakeWorkspace();
  expect((await workspace.faults("storage: { use: disk, root: ${A} }\n", { environment: { A: "a" } }))[0]).toMatch(
    /^1:30: not valid YAML: .*braces of a reference for its own/,
  );
});

test("does not tell of a missing variable a second time as a wrong value", async () => {
  using workspace = new FakeWorkspace();
  const faults = await workspace.faults("storage: { use: disk, root: a }\nserver:\n  pollIntervalMs: ${NOPE}\n");
  expect(faults).toHaveLength(1);
  expect(faults[0]).toContain("NOPE is not set");
});

const SECRET = "hunter2-Zq9";
const leaky = z.strictObject({
  key: z.string().superRefine((key, context) => {
    context.addIssue({ code: "custom", message: `bad ${key}` });
    context.addIssue({ code: "custom", message: `bad ${key.toUpperCase()}` });
    context.addIssue({ code: "custom", message: `starts with ${key.slice(0, 7)}` });
    context.addIssue({ code: "custom", message: `elsewhere: ${key}`, path: ["..", "other"] });
    context.addIssue({ code: "too_small", origin: "string", minimum: 99, message: `short: ${key}` } as never);
  }),
  choice: z.enum(["a", "b"], { error: (issue) => `not ${String(issue.input)}` }).optional(),
  number: z.int({ error: (issue) => `no number: ${String(issue.input)}` }).optional(),
  nested: z.union([z.int(), z.strictObject({ key: z.int() })], { error: (issue) => inspect(issue.input) }).optional(),
  other: z.string().optional(),
});
const beside = z.strictObject({ key: z.string(), other: z.string() }).superRefine(({ key }, context) => {
  context.addIssue({ code: "custom", message: `does not fit ${key}`, path: ["other"] });
});
const throwing = z.strictObject({
  key: z.string().refine((key): boolean => {
    throw new Error(`cannot use ${key}`);
  }),
});

test.each([
  ["a message of the schema", "storage:\n  use: leaky\n  key: ${SECRET}\n"],
  ["a message built from a longer text", "storage:\n  use: leaky\n  key: a ${SECRET} b\n  other: ${SECRET}\n"],
  [
    "messages of nested options",
    "storage:\n  use: leaky\n  key: x\n  choice: ${SECRET}\n  number: ${SECRET}\n  nested: { key: '${SECRET}' }\n",
  ],
  ["a message about another option", "storage:\n  use: beside\n  key: ${SECRET}\n  other: x\n"],
  ["a schema that throws", "storage:\n  use: throwing\n  key: ${SECRET}\n"],
  ["a module that throws", "storage:\n  use: failing\n  key: ${SECRET}\n"],
  [
    "values of core's own keys",
    "server:\n  host: '${SECRET}:80'\n  pollIntervalMs: ${SECRET}\n  limits: '${SECRET}'\nmodels:\n  a: { versions: ['${SECRET}'], labels: { x: '${SECRET}' }, example: '${SECRET}', backend: '${SECRET}' }\n  b: { versions: '${SECRET}', backend: { use: '${SECRET}' } }\nstorage: '${SECRET}'\nprotocols: ['${SECRET}']\nmonitors: '${SECRET}'\n",
  ],
  ["a plugin's name", "storage:\n  use: ./${SECRET}\n"],
  ["a broken reference beside it", "storage:\n  use: disk\n  root: ${SECRET}${oops-}${MISSING}\n"],
])("never shows a value of the environment in %s", async (_, text) => {
  using workspace = new FakeWorkspace({
    ...FAKE_PLUGINS,
    "@plinth/storage-leaky": fakePlugin("leaky", leaky),
    "@plinth/storage-beside": fakePlugin("beside", beside),
    "@plinth/storage-throwing": fakePlugin("throwing", throwing),
    "@plinth/storage-failing": fakePlugin("failing", leaky),
  });
  const importModule = async (url: string) => {
    if (url.includes("failing")) throw new Error(`cannot reach ${SECRET}`);
    return workspace.options.importModule?.(url);
  };
  const error = await configErrorOf(workspace.parse(text, { environment: { SECRET }, importModule }));
  const told = inspect(error, { depth: 20, showHidden: true, maxStringLength: null });
  expect(told.toLowerCase()).not.toContain(SECRET.toLowerCase());
  expect(told).not.toContain(SECRET.slice(0, 7));
});

test("never shows an inexact number of the environment", async () => {
  using workspace = new FakeWorkspace();
  const text = "storage: { use: disk, root: a }\nbackends:\n  - use: onnx\n    threads: ${SECRET}\n";
  const [fault] = await workspace.faults(text, { environment: { SECRET: "9007199254740993" } });
  expect(fault).toMatch(/^4:14: /);
  expect(fault).not.toContain("9007199254740993");
});

test("shows a message of a plugin about values that stand in the file", async () => {
  using workspace = new FakeWorkspace({ ...FAKE_PLUGINS, "@plinth/storage-leaky": fakePlugin("leaky", leaky) });
  const faults = await workspace.faults("storage: { use: leaky, key: x, choice: c }\n");
  expect(faults).toContain('1:40: storage.choice: not c, got the text "c"');
});

test("still says what zod expected of a value from the environment", async () => {
  using workspace = new FakeWorkspace();
  const text =
    "storage: { use: disk, root: a }\nprotocols:\n  - use: rest\n    port: ${PORT}\n  - use: rest\n    size: ${PORT}\n";
  expect(await workspace.faults(text, { environment: { PORT: "70000" } })).toEqual([
    "4:11: protocols[0].port: expected number to be <=65535, got a value from ${PORT}",
    '6:11: protocols[1].size: expected "auto" or a mapping, got a value from ${PORT}',
  ]);
});
