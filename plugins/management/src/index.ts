export type { ManagementOptions } from "./options.js";
export { plugin } from "./plugin.js";
