import { readFileSync } from "node:fs";
import { CommandFailure, EXIT_USAGE } from "../exit.js";
import type { ClientTls } from "./client-tls.js";

/** Files of a client's own TLS, as options name them. */
export interface ClientFiles {
  readonly caFile?: string;
  readonly certificateFile?: string;
  readonly keyFile?: string;
}

/** `undefined` where none is named. */
export function clientTls({ caFile, certificateFile, keyFile }: ClientFiles): ClientTls | undefined {
  if (!caFile && !certificateFile && !keyFile) return undefined;
  if (!certificateFile !== !keyFile) {
    throw new CommandFailure("Expected --certificate-file and --key-file together, got one of them", EXIT_USAGE);
  }
  return {
    ...(caFile && { ca: textOf("--ca-file", caFile) }),
    ...(certificateFile && { certificate: textOf("--certificate-file", certificateFile) }),
    ...(keyFile && { key: textOf("--key-file", keyFile) }),
  };
}

/** What the environment names, for those who ask without options. */
export function environmentFiles(): ClientFiles {
  const { PLINTH_CA_FILE, PLINTH_CERTIFICATE_FILE, PLINTH_KEY_FILE } = process.env;
  return {
    ...(PLINTH_CA_FILE && { caFile: PLINTH_CA_FILE }),
    ...(PLINTH_CERTIFICATE_FILE && { certificateFile: PLINTH_CERTIFICATE_FILE }),
    ...(PLINTH_KEY_FILE && { keyFile: PLINTH_KEY_FILE }),
  };
}

/** The text of a file that an option names. */
export function textOf(option: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new CommandFailure(`${option}: ${(error as Error).message}`, EXIT_USAGE);
  }
}
