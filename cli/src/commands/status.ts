import type { Health, ModelList, ReloadReportDocument, ServerStatisticsDocument } from "@plinth/management";
import { EXIT_FAILED, exitOnError } from "../exit.js";
import { printDocument } from "../output/print-document.js";
import { statisticsTable } from "../output/statistics-table.js";
import { formatBytes } from "../output/transfer-progress.js";
import { clientOf, type ManagementOptions } from "./management-options.js";
import { modelTable } from "./models.js";

interface Status {
  readonly health: Health;
  readonly models: ModelList;
  readonly statistics: ServerStatisticsDocument;
}

/** Ends with 1 where the server is not ready, so that scripts can wait for it. */
export function statusCommand(options: ManagementOptions): Promise<void> {
  return exitOnError(async () => {
    const client = clientOf(options);
    const [health, models, statistics] = await Promise.all([
      client.get<Health>("/api/health"),
      client.get<ModelList>("/api/models"),
      client.get<ServerStatisticsDocument>("/api/statistics"),
    ]);
    printDocument({ health, models, statistics }, options.output, statusText);
    if (!health.ready) process.exitCode = EXIT_FAILED;
  });
}

export function reloadCommand(options: ManagementOptions): Promise<void> {
  return exitOnError(async () => {
    const report = await clientOf(options).change<ReloadReportDocument>("POST", "/api/reload");
    printDocument(report, options.output, reloadText);
  });
}

function statusText({ health, models, statistics }: Status): string {
  const { ready, reasons, uptimeMs, rssBytes } = health;
  const memory = formatBytes(rssBytes);
  const lines = [`${ready ? "Ready" : "Not ready"}, up for ${Math.round(uptimeMs / 1_000)} s, ${memory} of memory`];
  const parts = [...lines, ...reasons.map((reason) => `  ${reason}`), "", modelTable(models.items)];
  return [...parts, "", "Of the last minute, times in ms:", statisticsTable(statistics, models)].join("\n");
}

function reloadText(report: ReloadReportDocument): string {
  const lines = (["added", "removed", "changed", "unchanged"] as const).map(
    (key) => `${key}: ${report[key].join(", ") || "none"}`,
  );
  return [...lines, ...Object.values(report.unavailable)].join("\n");
}
