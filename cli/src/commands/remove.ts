import type { RevisionDocument } from "@plinth/management";
import { apiPath } from "../api/management-client.js";
import { exitOnError } from "../exit.js";
import { printDocument } from "../output/print-document.js";
import { revisionTable } from "./history.js";
import { clientOf, type ManagementOptions } from "./management-options.js";

/** Takes a version out of the storage, for good. */
export function removeCommand(model: string, version: string, options: ManagementOptions): Promise<void> {
  return exitOnError(async () => {
    const path = apiPath("models", model, "versions", version);
    const made = await clientOf(options).change<RevisionDocument>("DELETE", path);
    printDocument(made, options.output, (each) => revisionTable([each]));
  });
}
