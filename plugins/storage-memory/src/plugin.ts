import { definePlugin, ModelStorage, type Plugin } from "@plinth/core";
import { MemoryStorage } from "./memory-storage.js";
import { type MemoryStorageOptions, options } from "./options.js";

export const plugin: Plugin<MemoryStorageOptions> = definePlugin({
  name: "@plinth/storage-memory",
  apiVersion: 1,
  config: options,
  register: (registry, configured) => registry.provide(ModelStorage, () => new MemoryStorage(configured)),
});
