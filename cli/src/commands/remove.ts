import type { RevisionDocument } from "@plinth/management";
import { apiPath } from "../api/management-client.js";
import { CommandFailure, EXIT_USAGE, exitOnError } from "../exit.js";
import { printDocument } from "../output/print-document.js";
import { revisionTable } from "./history.js";
import { clientOf, type ManagementOptions } from "./management-options.js";

interface RemoveOptions extends ManagementOptions {
  readonly force?: boolean;
}

/** Takes a version, or a model as a whole, out of the storage, for good. */
export function removeCommand(model: string, version: string | undefined, options: RemoveOptions): Promise<void> {
  return exitOnError(async () => {
    if (version !== undefined && options.force === true) {
      throw new CommandFailure("Expected --force without a version: it is for a model as a whole", EXIT_USAGE);
    }
    const path = version === undefined ? apiPath("models", model) : apiPath("models", model, "versions", version);
    const query = options.force === true ? "?force=true" : "";
    const made = await clientOf(options).change<RevisionDocument>("DELETE", path + query);
    printDocument(made, options.output, (each) => revisionTable([each]));
  });
}
