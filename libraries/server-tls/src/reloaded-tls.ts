import type { SecureContextOptions, TlsOptions as TlsServerOptions } from "node:tls";
import { isDeepStrictEqual } from "node:util";
import { type Logger, PlinthError } from "@plinth/core";
import { examineTls, type TlsFinding } from "./examine-tls.js";
import type { TlsOptions } from "./tls-options.js";

/** Pause between two looks at the files, in milliseconds. */
const LOOK_EVERY_MS = 10_000;

/** How long a client may take for the handshake, in milliseconds; Node's own 2 minutes are long for a place among bounded ones. */
const HANDSHAKE_MS = 10_000;

export interface ReloadedTlsOptions {
  readonly tls: TlsOptions;
  /** Paths in the options are relative to it. */
  readonly directory: string;
  readonly logger: Logger;
  readonly lookEveryMs?: number;
}

/**
 * What the files of TLS hold, also when they change. Files that are being replaced, and do not go together for a while, change nothing. They
 * are looked at again and again, since what brings new certificates mostly replaces links to folders, which nothing tells of.
 */
export class ReloadedTls implements Disposable {
  /** Who must show what, and for how long a handshake may take. */
  readonly bounds: Pick<TlsServerOptions, "requestCert" | "rejectUnauthorized" | "handshakeTimeout">;
  readonly #options: ReloadedTlsOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #takers: ((context: SecureContextOptions) => void)[] = [];
  #context: SecureContextOptions;
  /** What was found at the last look, so that it is told once. */
  #found: readonly TlsFinding[];
  #isLooking = false;

  private constructor(options: ReloadedTlsOptions, context: SecureContextOptions, found: readonly TlsFinding[]) {
    const requestCert = options.tls.clientCa !== undefined;
    this.bounds = { requestCert, rejectUnauthorized: requestCert, handshakeTimeout: HANDSHAKE_MS };
    this.#options = options;
    this.#context = context;
    this.#found = found;
    this.#timer = setInterval(() => void this.#look(), options.lookEveryMs ?? LOOK_EVERY_MS).unref();
  }

  /** @throws PlinthError `CONFIG_INVALID` where a file cannot be used, or they do not go together */
  static async open(options: ReloadedTlsOptions): Promise<ReloadedTls> {
    const { context, findings } = await examineTls(options.tls, options.directory);
    if (context === undefined) throw new PlinthError("CONFIG_INVALID", textOf(faultsOf(findings)));
    return new ReloadedTls(options, context, findings);
  }

  /** Certificate, key and authorities as they are now. */
  get context(): SecureContextOptions {
    return this.#context;
  }

  /** Calls `take` with what the files hold whenever that is something else. */
  onChange(take: (context: SecureContextOptions) => void): void {
    this.#takers.push(take);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#takers.length = 0;
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const { logger, tls, directory } = this.#options;
    const { context, findings } = await examineTls(tls, directory);
    this.#isLooking = false;
    if (!isDeepStrictEqual(findings, this.#found)) this.#tell(findings);
    if (context === undefined || isDeepStrictEqual(context, this.#context)) return;
    this.#context = context;
    for (const take of this.#takers) take(context);
    logger.info("New connections get the certificate that the files of TLS hold now");
  }

  #tell(findings: readonly TlsFinding[]): void {
    const { logger } = this.#options;
    this.#found = findings;
    const faults = faultsOf(findings);
    if (faults.length > 0) {
      logger.error(`The files of TLS cannot be used; the certificate stays as it was: ${textOf(faults)}`);
    } else if (findings.length > 0) logger.warn(textOf(findings));
  }
}

function faultsOf(findings: readonly TlsFinding[]): readonly TlsFinding[] {
  return findings.filter(({ severity }) => severity === "fault");
}

function textOf(findings: readonly TlsFinding[]): string {
  return findings
    .map(({ option, message }) => `${option === undefined ? "tls" : `tls.${option}`}: ${message}`)
    .join("; ");
}
