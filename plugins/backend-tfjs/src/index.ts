export { type TfjsOptions, tfjsOptions } from "./options.js";
export { plugin } from "./plugin.js";
export { TfjsBackend } from "./tfjs-backend.js";
