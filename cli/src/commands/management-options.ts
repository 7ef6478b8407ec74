import { type Command, Option } from "commander";
import { ManagementClient } from "../api/management-client.js";
import { OUTPUT_FORMATS, type OutputFormat } from "../output/print-document.js";

const DEFAULT_SERVER = "http://127.0.0.1:8501";

/** What every command over the management API takes. */
export interface ManagementOptions {
  readonly server: string;
  readonly output: OutputFormat;
  readonly why?: string;
}

export function withManagementOptions(command: Command): Command {
  return command
    .addOption(new Option("-s, --server <url>", "the server").env("PLINTH_SERVER").default(DEFAULT_SERVER))
    .addOption(
      new Option("-o, --output <format>", "how the answer is printed").choices(OUTPUT_FORMATS).default("table"),
    );
}

export function withReason(command: Command): Command {
  return command.option("-w, --why <reason>", "why; it stands in the history, and protected labels need it");
}

export function clientOf({ server, why }: ManagementOptions): ManagementClient {
  return new ManagementClient({ server, why });
}
