import type { RevisionDocument } from "@plinth/management";
import { apiPath, type ManagementClient } from "../api/management-client.js";
import { untilModelServed, untilVersionServed } from "../api/until-served.js";
import { exitOnError } from "../exit.js";
import { printDocument } from "../output/print-document.js";
import { untilInterrupted } from "../until-interrupted.js";
import { revisionTable } from "./history.js";
import { clientOf, type ManagementOptions } from "./management-options.js";

interface LoadOptions extends ManagementOptions {
  readonly wait: boolean;
}

/** `plinth load`: of one version, or of the model as a whole; waits until it is served. */
export function loadCommand(model: string, version: string | undefined, options: LoadOptions): Promise<void> {
  return exitOnError(async () => {
    const client = await change("load", model, version, options);
    if (!options.wait) return;
    await untilInterrupted("the model goes on being loaded", async (signal) => {
      if (version === undefined) await untilModelServed(client, model, signal);
      else await untilVersionServed(client, { model, version }, signal);
    });
  });
}

/** `plinth unload`: of one version, or of the model as a whole. */
export function unloadCommand(model: string, version: string | undefined, options: ManagementOptions): Promise<void> {
  return exitOnError(async () => {
    await change("unload", model, version, options);
  });
}

async function change(
  kind: "load" | "unload",
  model: string,
  version: string | undefined,
  options: ManagementOptions,
): Promise<ManagementClient> {
  const client = clientOf(options);
  const path = version === undefined ? ["models", model, kind] : ["models", model, "versions", version, kind];
  const made = await client.change<RevisionDocument>("POST", apiPath(...path));
  printDocument(made, options.output, (each) => revisionTable([each]));
  return client;
}
