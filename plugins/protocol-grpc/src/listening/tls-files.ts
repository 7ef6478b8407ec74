import { readFile } from "node:fs/promises";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import { PlinthError } from "@plinth/core";

/** Where the files of TLS are; absolute paths. */
export interface TlsPaths {
  readonly certificate: string;
  readonly key: string;
  readonly clientCa?: string | undefined;
}

/**
 * Reads the files, all of them PEM.
 *
 * @throws PlinthError `CONFIG_INVALID` where one cannot be read, or they do not go together
 */
export async function readTls({ certificate, key, clientCa }: TlsPaths): Promise<SecureContextOptions> {
  const [cert, keyText, ca] = await Promise.all([
    read("certificate", certificate),
    read("key", key),
    clientCa === undefined ? undefined : read("clientCa", clientCa),
  ]);
  const options = { cert, key: keyText, ...(ca !== undefined && { ca }) };
  try {
    createSecureContext(options);
    return options;
  } catch (cause) {
    throw new PlinthError(
      "CONFIG_INVALID",
      `tls: expected a certificate and its key as PEM in ${certificate} and ${key}: ${(cause as Error).message}`,
      { cause },
    );
  }
}

async function read(option: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new PlinthError("CONFIG_INVALID", `tls.${option}: cannot be read: ${(cause as Error).message}`, { cause });
  }
}
