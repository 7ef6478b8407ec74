export { checkTls } from "./check-tls.js";
export { ReloadedTls } from "./reloaded-tls.js";
export { type TlsOptions, tlsOptions } from "./tls-options.js";
