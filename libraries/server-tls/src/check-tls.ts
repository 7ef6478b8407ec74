import type { OptionFinding } from "@plinth/core";
import { examineTls } from "./examine-tls.js";
import type { TlsOptions } from "./tls-options.js";

/** What a protocol with the option `tls` says of it when the configuration is read. */
export async function checkTls(tls: TlsOptions | undefined, directory: string): Promise<readonly OptionFinding[]> {
  if (tls === undefined) return [];
  const { findings } = await examineTls(tls, directory);
  return findings.map(({ option, message, severity }) => {
    return { path: option === undefined ? ["tls"] : ["tls", option], message, severity };
  });
}
