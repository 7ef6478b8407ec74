export { MemoryStorage } from "./memory-storage.js";
export type { MemoryStorageOptions } from "./options.js";
export { plugin } from "./plugin.js";
