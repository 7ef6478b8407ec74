export { OnnxBackend } from "./onnx-backend.js";
export { type OnnxOptions, onnxOptions } from "./options.js";
export { plugin } from "./plugin.js";
