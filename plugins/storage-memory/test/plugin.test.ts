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
