import { readFile } from "node:fs/promises";
import { ModelStorage, type Services, type Token } from "@plinth/core";
import { MemoryStorage, plugin } from "@plinth/storage-memory";
import { expect, it } from "vitest";

it("provides a memory storage of 1 GiB where nothing else is said", async () => {
  expect(plugin.name).toBe("@plinth/storage-memory");
  const checked = await plugin.config["~standard"].validate({});
  expect(checked).toEqual({ value: { maxBytes: 1024 ** 3 } });
  const provided = new Map<Token<unknown>, (services: Services) => unknown>();
  plugin.register({ provide: (token, factory) => provided.set(token, factory) }, { maxBytes: 1 });
  expect([...provided.keys()]).toEqual([ModelStorage]);
  expect(provided.get(ModelStorage)?.({} as Services)).toBeInstanceOf(MemoryStorage);
});

it.each([{ maxBytes: 0 }, { maxBytes: 1.5 }, { maxBytes: "1 GB" }, { maxbytes: 1 }])(
  "refuses the options %j",
  async (options) => {
    expect(await plugin.config["~standard"].validate(options)).toHaveProperty("issues");
  },
);

it("has its options and their defaults in the README", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const [, table = ""] = /\| option .*\n\|.*\n((?:\|.*\n)+)/.exec(readme) ?? [];
  const documented = [...table.matchAll(/^\| `(\w+)` +\| (\w+) /gm)].map(([, name, value]) => [name, value]);
  const checked = await plugin.config["~standard"].validate({});
  const defaults = Object.entries("value" in checked ? checked.value : {}).map(([name, value]) => [
    name,
    String(value),
  ]);
  expect(documented).toEqual(defaults);
});
