export { ConfigPbtxt } from "./config-pbtxt.js";
export { type TritonRepositoryOptions, tritonRepositoryOptions } from "./options.js";
export { plugin } from "./plugin.js";
