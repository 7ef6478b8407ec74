import type { SecureContextOptions } from "node:tls";
import { isDeepStrictEqual } from "node:util";
import { ServerCredentials } from "@grpc/grpc-js";
import type { Logger } from "@plinth/core";
import { readTls, type TlsPaths } from "./tls-files.js";

/** Pause between two looks at the files, in milliseconds. */
const LOOK_EVERY_MS = 10_000;

/** How long a client may take for the handshake, in milliseconds; Node's own 2 minutes are long for a place among bounded ones. */
const HANDSHAKE_MS = 10_000;

/**
 * TLS with the certificate that its files hold, also when those change: connections from then on get the new one, others stay. Files that are
 * being replaced, and do not go together for a while, change nothing.
 */
export class ReloadedCredentials extends ServerCredentials implements Disposable {
  readonly #paths: TlsPaths;
  readonly #logger: Logger;
  #read: SecureContextOptions;
  #timer: NodeJS.Timeout | undefined;

  private constructor(paths: TlsPaths, read: SecureContextOptions, logger: Logger) {
    const requestCert = paths.clientCa !== undefined;
    super({ requestCert, rejectUnauthorized: requestCert, handshakeTimeout: HANDSHAKE_MS }, read);
    this.#paths = paths;
    this.#read = read;
    this.#logger = logger;
  }

  /** @throws PlinthError as {@link readTls} */
  static async create(
    paths: TlsPaths,
    logger: Logger,
    lookEveryMs: number = LOOK_EVERY_MS,
  ): Promise<ReloadedCredentials> {
    const credentials = new ReloadedCredentials(paths, await readTls(paths), logger);
    credentials.#timer = setInterval(() => void credentials.#look(), lookEveryMs).unref();
    return credentials;
  }

  override _equals(other: ServerCredentials): boolean {
    return other === this;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    try {
      const read = await readTls(this.#paths);
      if (isDeepStrictEqual(read, this.#read)) return;
      this.#read = read;
      this.updateSecureContextOptions(read);
      this.#logger.info(`New connections get the certificate that the files of TLS hold now`);
    } catch (error) {
      this.#logger.error("The files of TLS cannot be used; the certificate stays as it was", { error });
    }
  }
}
