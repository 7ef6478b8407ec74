import { DescriptionFormat, definePlugin, type Plugin } from "@plinth/core";
import { ConfigPbtxt } from "./config-pbtxt.js";
import { type TritonRepositoryOptions, tritonRepositoryOptions } from "./options.js";

export const plugin: Plugin<TritonRepositoryOptions> = definePlugin({
  name: "@plinth/triton-repository",
  apiVersion: 1,
  config: tritonRepositoryOptions,
  register(registry) {
    registry.provide(DescriptionFormat, () => new ConfigPbtxt());
  },
});
