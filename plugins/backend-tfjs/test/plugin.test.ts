import { readFile } from "node:fs/promises";
import { plugin, TfjsBackend, tfjsOptions } from "@plinth/backend-tfjs";
import { Backend, type Services, type Token } from "@plinth/core";
import { expect, it } from "vitest";

it("provides one backend, named tfjs", async () => {
  const options = await plugin.config["~standard"].validate({});
  if (options.issues !== undefined) expect.fail("the defaults are not valid");
  const provided: unknown[] = [];
  const provide = <T>(token: Token<T>, factory: (services: Services) => T) => {
    expect(token.key).toBe(Backend.key);
    provided.push(factory({ get: () => expect.fail("asks for nothing"), getAll: () => [] }));
  };
  plugin.register({ provide }, options.value);
  expect(provided).toEqual([expect.any(TfjsBackend)]);
  expect(provided).toMatchObject([{ name: "tfjs" }]);
});

it("documents every option with its default", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const rows = [...readme.matchAll(/^\| `(\w+)` +\| (\w+) +\|/gm)].map(([, option, value]) => [option, value]);
  const defaults = Object.entries(tfjsOptions.parse({})).map(([option, value]) => [option, String(value)]);
  expect(rows).toEqual(defaults);
});
