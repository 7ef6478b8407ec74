import type { RevisionDocument } from "@plinth/management";
import { apiPath } from "../api/management-client.js";
import { exitOnError } from "../exit.js";
import { printDocument } from "../output/print-document.js";
import { revisionTable } from "./history.js";
import { clientOf, type ManagementOptions } from "./management-options.js";

/** `plinth load` and `plinth unload`: of one version, or of the model as a whole. */
export function loadCommand(
  kind: "load" | "unload",
): (model: string, version: string | undefined, options: ManagementOptions) => Promise<void> {
  return (model, version, options) =>
    exitOnError(async () => {
      const path = version === undefined ? ["models", model, kind] : ["models", model, "versions", version, kind];
      const made = await clientOf(options).change<RevisionDocument>("POST", apiPath(...path));
      printDocument(made, options.output, (each) => revisionTable([each]));
    });
}
