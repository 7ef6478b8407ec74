import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { configSchema } from "../../../src/kernel/config/config-schema.js";
import { FakeWorkspace } from "./fake-plugins.js";

const PAGE = readFileSync(new URL("../../../../docs/configuration.md", import.meta.url), "utf8");

interface KeySchema {
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, KeySchema>>;
}

test("the example of the page is a right configuration", async () => {
  using workspace = new FakeWorkspace();
  const [, example] = /```yaml\n([\s\S]*?)```/.exec(PAGE) ?? expect.fail("the page has no example");
  const config = await workspace.parse(String(example));
  expect(config.models?.get("sentiment")?.backend?.options).toEqual({ threads: 2 });
});

test("the page has a row for every key of the server, with its default and its range", () => {
  const { server } = configSchema([]).properties as Readonly<Record<string, KeySchema>>;
  const rows = keysOf(server, "");
  expect(rows).toHaveLength(14);
  for (const { key, schema } of rows) {
    const row = PAGE.split("\n").find((line) => line.startsWith(`| \`${key}\` |`)) ?? expect.fail(`no row for ${key}`);
    expect(row.split("|")[2]).toContain(
      typeof schema.default === "object" ? JSON.stringify(schema.default) : String(schema.default),
    );
    if (schema.maximum !== undefined) expect(row.split("|")[3]).toContain(`${schema.minimum} to ${schema.maximum}`);
  }
});

function keysOf(schema: KeySchema | undefined, prefix: string): { key: string; schema: KeySchema }[] {
  return Object.entries(schema?.properties ?? {}).flatMap(([name, child]) =>
    child.properties === undefined ? [{ key: prefix + name, schema: child }] : keysOf(child, `${prefix}${name}.`),
  );
}
