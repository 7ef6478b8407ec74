export { DiskStorage } from "./disk-storage.js";
export type { DiskStorageOptions } from "./options.js";
export { plugin } from "./plugin.js";
export type { Clock } from "./settling.js";
