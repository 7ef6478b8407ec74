export { type RestOptions, restOptions } from "./options.js";
export { plugin } from "./plugin.js";
export { RestProtocol, type RestProtocolOptions } from "./rest-protocol.js";
