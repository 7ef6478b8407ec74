import { Backend, definePlugin, type Plugin } from "@plinth/core";
import { type TfjsOptions, tfjsOptions } from "./options.js";
import { TfjsBackend } from "./tfjs-backend.js";

export const plugin: Plugin<TfjsOptions> = definePlugin({
  name: "@plinth/backend-tfjs",
  apiVersion: 1,
  config: tfjsOptions,
  register(registry, options) {
    registry.provide(Backend, () => new TfjsBackend(options));
  },
});
