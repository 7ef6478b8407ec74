import { createToken, type Token } from "./token.js";

/** Absolute path of the folder of the configuration file. A plugin resolves paths in its options against it. */
export type ConfigDirectory = string;

export const ConfigDirectory: Token<ConfigDirectory> = createToken<ConfigDirectory>("ConfigDirectory");
