import { readFile } from "node:fs/promises";
import { ConfigDirectory, Logger, ModelStorage, type Services, type Token } from "@plinth/core";
import { plugin, S3Storage } from "@plinth/storage-s3";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { silentLogger } from "./silent-logger.js";

const validate = (options: unknown) => plugin.config["~standard"].validate(options);

it("provides a storage, and opens nothing", async () => {
  const services = new Map<Token<unknown>, unknown>([
    [ConfigDirectory, "/etc/plinth"],
    [Logger, silentLogger],
  ]);
  const provided = new Map<Token<unknown>, (services: Services) => unknown>();
  const checked = await validate({ bucket: "models", cacheDirectory: "./cache" });
  if (!("value" in checked)) throw new Error("Expected the options to be valid");
  plugin.register({ provide: (token, factory) => provided.set(token, factory) }, checked.value);
  const storage = provided.get(ModelStorage)?.({ get: (token) => services.get(token), getAll: () => [] } as Services);
  expect(storage).toBeInstanceOf(S3Storage);
});

it.each([
  {},
  { bucket: "No Bucket" },
  { bucket: "b" },
  { bucket: "models", buckt: "b" },
  { bucket: "models", endpoint: "s3.example.com" },
  { bucket: "models", endpoint: "ftp://s3.example.com" },
  { bucket: "models", endpoint: "https://s3.example.com/models" },
  { bucket: "models", endpoint: "https://user:word@s3.example.com" },
  { bucket: "models", prefix: "/absolute" },
  { bucket: "models", prefix: "a//b" },
  { bucket: "models", prefix: "a/../b" },
  { bucket: "models", accessKeyId: "alone" },
  { bucket: "models", addressing: "other" },
  { bucket: "models", settleMs: -1 },
])("refuses the options %j", async (options) => {
  expect(await validate(options)).toHaveProperty("issues");
});

it("marks what is secret, so that nobody is shown it", () => {
  const { properties } = plugin.config["~standard"].jsonSchema.input({ target: "draft-2020-12" });
  const marked = Object.entries(properties as Record<string, { readonly writeOnly?: boolean }>)
    .filter(([, { writeOnly }]) => writeOnly)
    .map(([name]) => name);
  expect(marked).toEqual(["secretAccessKey", "sessionToken"]);
});

it("takes a prefix with a slash at its end, and addresses with ports", async () => {
  const options = { bucket: "models", prefix: "team/models/", endpoint: "http://[::1]:9000" };
  expect(await validate(options)).toMatchObject({ value: { prefix: "team/models", endpoint: "http://[::1]:9000" } });
});

it("takes what its README shows", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const [, text = ""] = /```yaml\n([\s\S]*?)```/.exec(readme) ?? [];
  const { use, ...options } = (parse(text) as { storage: Record<string, string> }).storage;
  expect(use).toBe("s3");
  expect(await validate(options)).toMatchObject({ value: { bucket: "models", prefix: "production" } });
});

it("has its options and their defaults in the README", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const [, table = ""] = /\| option .*\n\|.*\n((?:\|.*\n)+)/.exec(readme) ?? [];
  const documented = [...table.matchAll(/^\| `(\w+)` +\| `?([^|`]*?)`? +\|/gm)].map(([, name, value]) => [name, value]);
  const checked = await validate({ bucket: "none" });
  const defaults = Object.entries("value" in checked ? checked.value : {}).map(([name, value]) => [
    name,
    String(value),
  ]);
  expect(documented.filter(([, value]) => value !== "none")).toEqual(
    defaults.filter(([, value]) => value !== "" && value !== "none"),
  );
  const names = Object.keys(
    (plugin.config["~standard"].jsonSchema.input({ target: "draft-2020-12" }) as { properties: object }).properties,
  );
  expect(documented.map(([name]) => name)).toEqual(names);
});
