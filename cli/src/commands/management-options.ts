import { type Command, Option } from "commander";
import { type ClientFiles, clientTls, textOf } from "../api/client-files.js";
import { ManagementClient } from "../api/management-client.js";
import { CommandFailure, EXIT_USAGE } from "../exit.js";
import { OUTPUT_FORMATS, type OutputFormat } from "../output/output-format.js";

const DEFAULT_SERVER = "http://127.0.0.1:8501";

/** What every command over the management API takes. */
export interface ManagementOptions extends ClientFiles {
  readonly server: string;
  readonly tokenFile?: string;
  readonly output: OutputFormat;
  readonly why?: string;
}

/** A token itself is never a word of the command line, where others on the machine would see it. */
export function withManagementOptions(command: Command): Command {
  return command
    .addOption(new Option("-s, --server <url>", "the server").env("PLINTH_SERVER").default(DEFAULT_SERVER))
    .option("--token-file <file>", "holds the token that the server wants (default: what PLINTH_TOKEN is)")
    .addOption(new Option("--ca-file <file>", "PEM: authorities of the server's certificate").env("PLINTH_CA_FILE"))
    .addOption(
      new Option("--certificate-file <file>", "PEM: shown where the server wants a certificate").env(
        "PLINTH_CERTIFICATE_FILE",
      ),
    )
    .addOption(new Option("--key-file <file>", "PEM: that certificate's key").env("PLINTH_KEY_FILE"))
    .addOption(
      new Option("-o, --output <format>", "how the answer is printed").choices(OUTPUT_FORMATS).default("table"),
    );
}

export function withReason(command: Command): Command {
  return command.option("-w, --why <reason>", "why; it stands in the history, and protected labels need it");
}

export function clientOf({ server, tokenFile, why, ...files }: ManagementOptions): ManagementClient {
  return new ManagementClient({
    server,
    token: tokenFile === undefined ? environmentToken() : tokenIn(tokenFile),
    tls: clientTls(files),
    why,
  });
}

/** What `PLINTH_TOKEN` is, where it is something. */
export function environmentToken(): string | undefined {
  const { PLINTH_TOKEN: token } = process.env;
  return token ? checkedToken(token, "PLINTH_TOKEN") : undefined;
}

function tokenIn(file: string): string {
  return checkedToken(textOf("--token-file", file).trim(), "--token-file");
}

/** What is no token is not sent, and not shown either. */
function checkedToken(token: string, from: string): string {
  if (/^[\x21-\x7e]{1,512}$/.test(token)) return token;
  throw new CommandFailure(`${from}: expected one token of up to 512 characters without spaces`, EXIT_USAGE);
}
