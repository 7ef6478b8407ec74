export { consoleRoute } from "./console-routes.js";
export { type ConsoleOptions, consoleOptions } from "./options.js";
export { plugin } from "./plugin.js";
