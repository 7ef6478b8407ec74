import { resolve } from "node:path";
import { ConfigDirectory, definePlugin, Logger, ModelStorage, type Plugin } from "@plinth/core";
import { DiskStorage } from "./disk-storage.js";
import { type DiskStorageOptions, options } from "./options.js";

export const plugin: Plugin<DiskStorageOptions> = definePlugin({
  name: "@plinth/storage-disk",
  apiVersion: 1,
  config: options,
  register: (registry, configured) =>
    registry.provide(ModelStorage, (services) => {
      const root = resolve(services.get(ConfigDirectory), configured.root);
      return new DiskStorage({ ...configured, root }, services.get(Logger));
    }),
});
