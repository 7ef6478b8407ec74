import { readFile } from "node:fs/promises";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import { PlinthError } from "@plinth/core";

/** Absolute paths of the files of TLS, or the texts themselves. */
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
      `tls: expected a certificate and its key as PEM${isPem(key) ? "" : ` in ${certificate} and ${key}`}: ${(cause as Error).message}`,
      { cause },
    );
  }
}

/** Whether it is a text itself, and not where one lies. */
export function isPem(source: string): boolean {
  return source.includes("-----BEGIN ");
}

async function read(option: string, path: string): Promise<Buffer> {
  if (isPem(path)) return Buffer.from(path);
  try {
    return await readFile(path);
  } catch (cause) {
    throw new PlinthError("CONFIG_INVALID", `tls.${option}: cannot be read: ${(cause as Error).message}`, { cause });
  }
}
