import type { FaultList, Location } from "@plinth/core";
import { fieldOf } from "@plinth/text-format";
import { SSL_CONFIG } from "./messages.js";
import { type FileMessage, readTextFile } from "./read-text-file.js";

/** `tls` of the gRPC protocol, with the texts themselves in place of paths. */
export interface TlsTexts {
  readonly certificate: string;
  readonly key: string;
  readonly clientCa?: string;
}

/**
 * The file of `--ssl_config_file`. It is read once, as by TensorFlow Serving: a certificate that changes must not keep the models from being
 * read again, and takes a new start.
 */
export class SslConfigFile {
  readonly #file: string;
  #read: Promise<FileMessage | undefined> | undefined;

  /** @param file empty: none */
  constructor(file: string) {
    this.#file = file;
  }

  /** `undefined` where there is no file, or something is wrong with it, which is then among `faults`. */
  async tls(faults: FaultList): Promise<TlsTexts | undefined> {
    if (this.#file === "") return undefined;
    this.#read ??= readTextFile(this.#file, SSL_CONFIG, faults);
    const read = await this.#read;
    return read === undefined ? undefined : tlsOf(read, faults);
  }
}

function tlsOf({ file, message }: FileMessage, faults: FaultList): TlsTexts | undefined {
  const at: Location = { ...message.at, file };
  const text = (name: string) => String(fieldOf(message, name)?.value ?? "");
  const verifies = fieldOf(message, "client_verify")?.value === true;
  const needed = ["server_key", "server_cert", ...(verifies ? ["custom_ca"] : [])];
  const missing = needed.filter((name) => text(name) === "");
  for (const name of missing) faults.add(at, [name], `expected its text as PEM, got none`);
  if (missing.length > 0) return undefined;
  const clientCa = verifies ? { clientCa: text("custom_ca") } : {};
  return { certificate: text("server_cert"), key: text("server_key"), ...clientCa };
}
