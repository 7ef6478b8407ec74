import { Backend, definePlugin, type Plugin } from "@plinth/core";
import { OnnxBackend } from "./onnx-backend.js";
import { type OnnxOptions, onnxOptions } from "./options.js";

export const plugin: Plugin<OnnxOptions> = definePlugin({
  name: "@plinth/backend-onnx",
  apiVersion: 1,
  config: onnxOptions,
  register(registry, options) {
    registry.provide(Backend, () => new OnnxBackend(options));
  },
});
