import { resolve } from "node:path";
import { ConfigDirectory, definePlugin, Logger, ModelStorage, type Plugin } from "@plinth/core";
import { options, type S3StorageOptions } from "./options.js";
import { S3Storage } from "./s3-storage.js";

export const plugin: Plugin<S3StorageOptions> = definePlugin({
  name: "@plinth/storage-s3",
  apiVersion: 1,
  config: options,
  register: (registry, configured) =>
    registry.provide(ModelStorage, (services) => {
      const { cacheDirectory } = configured;
      const cache =
        cacheDirectory === undefined ? {} : { cacheDirectory: resolve(services.get(ConfigDirectory), cacheDirectory) };
      return new S3Storage({ ...configured, ...cache }, services.get(Logger));
    }),
});
