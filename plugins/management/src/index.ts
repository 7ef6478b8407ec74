export * as resources from "./resources.js";
