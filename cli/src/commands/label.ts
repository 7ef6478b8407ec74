import type { Label, LabelList, RevisionDocument } from "@plinth/management";
import { apiPath } from "../api/management-client.js";
import { CommandFailure, EXIT_USAGE, exitOnError } from "../exit.js";
import { printDocument } from "../output/print-document.js";
import { table } from "../output/table.js";
import { revisionTable } from "./history.js";
import { clientOf, type ManagementOptions } from "./management-options.js";

interface LabelOptions extends ManagementOptions {
  readonly remove?: boolean;
  readonly allowUnavailable?: boolean;
}

/** Without a label it lists them, without a version it shows one, with both it moves it. */
export function labelCommand(
  model: string,
  label: string | undefined,
  version: string | undefined,
  options: LabelOptions,
): Promise<void> {
  return exitOnError(async () => {
    const client = clientOf(options);
    if (label === undefined) {
      const labels = await client.get<LabelList>(apiPath("models", model, "labels"));
      printDocument(labels, options.output, ({ items }) => labelTable(items));
      return;
    }
    const path = apiPath("models", model, "labels", label);
    if (options.remove === true) {
      if (version !== undefined) throw new CommandFailure("Expected --remove without a version", EXIT_USAGE);
      printDocument(await client.change<RevisionDocument>("DELETE", path), options.output, (made) =>
        revisionTable([made]),
      );
    } else if (version === undefined) {
      printDocument(await client.get<Label>(path), options.output, (found) => labelTable([found]));
    } else {
      const json = { version, allowUnavailable: options.allowUnavailable === true };
      printDocument(await client.change<Label>("PUT", path, { json }), options.output, (moved) => labelTable([moved]));
    }
  });
}

function labelTable(labels: readonly Label[]): string {
  if (labels.length === 0) return "No label.";
  return table(
    ["label", "version", "pinned by"],
    labels.map(({ label, version, pinnedBy = "" }) => [label, version, pinnedBy]),
  );
}
