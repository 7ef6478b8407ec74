import { type FaultList, type Location, mappingOf, type SourceEntry, type SourceMapping, treeOf } from "@plinth/core";
import { fieldOf } from "@plinth/text-format";
import { SSL_CONFIG } from "./messages.js";
import { type FileMessage, readTextFile } from "./read-text-file.js";

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

  /** `tls` of the gRPC protocol, with the texts themselves in place of paths; `undefined` where there is no file, or something is wrong with it, which is then among `faults`. */
  async tls(faults: FaultList): Promise<SourceMapping | undefined> {
    if (this.#file === "") return undefined;
    this.#read ??= readTextFile(this.#file, SSL_CONFIG, faults);
    const read = await this.#read;
    return read === undefined ? undefined : tlsOf(read, faults);
  }
}

function tlsOf({ file, message }: FileMessage, faults: FaultList): SourceMapping | undefined {
  const at: Location = { ...message.at, file };
  const text = (name: string) => String(fieldOf(message, name)?.value ?? "");
  const verifies = fieldOf(message, "client_verify")?.value === true;
  const needed = ["server_key", "server_cert", ...(verifies ? ["custom_ca"] : [])];
  const missing = needed.filter((name) => text(name) === "");
  for (const name of missing) faults.add(at, [name], `expected its text as PEM, got none`);
  if (missing.length > 0) return undefined;
  const entry = (name: string): SourceEntry => {
    const field = fieldOf(message, name);
    return {
      keyAt: { ...(field?.at ?? message.at), file },
      node: treeOf(text(name), { ...(field?.valueAt ?? message.at), file }),
    };
  };
  return mappingOf(at, [
    ["certificate", entry("server_cert")],
    ["key", entry("server_key")],
    ...(verifies ? [["clientCa", entry("custom_ca")] as const] : []),
  ]);
}
