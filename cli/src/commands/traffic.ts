import type { Traffic, TrafficRulesDocument } from "@plinth/management";
import { apiPath } from "../api/management-client.js";
import { CommandFailure, EXIT_USAGE, exitOnError } from "../exit.js";
import { printDocument } from "../output/print-document.js";
import { table } from "../output/table.js";
import { clientOf, type ManagementOptions } from "./management-options.js";

interface TrafficOptions extends ManagementOptions {
  readonly stickyBy?: string;
  readonly shadow?: string;
  readonly reset?: boolean;
}

/** Without any rule it shows those that there are. */
export function trafficCommand(model: string, weights: readonly string[], options: TrafficOptions): Promise<void> {
  return exitOnError(async () => {
    const client = clientOf(options);
    const path = apiPath("models", model, "traffic");
    const rules = rulesOf(weights, options);
    if (options.reset === true && rules !== undefined) {
      throw new CommandFailure("Expected --reset without other rules", EXIT_USAGE);
    }
    if (options.reset === true) show(await client.change<Traffic>("DELETE", path));
    else
      show(
        await (rules === undefined ? client.get<Traffic>(path) : client.change<Traffic>("PUT", path, { json: rules })),
      );

    function show(traffic: Traffic): void {
      printDocument(traffic, options.output, trafficText);
    }
  });
}

function rulesOf(weights: readonly string[], { stickyBy, shadow }: TrafficOptions): TrafficRulesDocument | undefined {
  if (weights.length === 0 && stickyBy === undefined && shadow === undefined) return undefined;
  const [to, percent] = shadow === undefined ? [] : share(shadow);
  return {
    split: Object.fromEntries(weights.map(share)),
    ...(stickyBy !== undefined && { stickyBy }),
    ...(to !== undefined && percent !== undefined && { shadow: { to, percent } }),
  };
}

/** `stable=95` */
function share(text: string): readonly [string, number] {
  const separator = text.lastIndexOf("=");
  const number = Number(text.slice(separator + 1));
  if (separator > 0 && text.length > separator + 1 && Number.isFinite(number))
    return [text.slice(0, separator), number];
  throw new CommandFailure(
    `Expected a label or version with a number, as stable=95, got ${JSON.stringify(text)}`,
    EXIT_USAGE,
  );
}

function trafficText({ rules, pinnedBy, shadow }: Traffic): string {
  const weights = Object.entries(rules.split);
  const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
  const rows = weights.map(([target, weight]) => [target, `${Number(((100 * weight) / total).toFixed(2))} %`]);
  const lines = [rows.length === 0 ? "All to the newest available version" : table(["target", "share"], rows)];
  if (rules.stickyBy !== undefined) lines.push(`Sticky by the header ${rules.stickyBy}`);
  if (rules.shadow !== undefined) lines.push(`${rules.shadow.percent} % mirrored to ${rules.shadow.to}`);
  if (shadow !== undefined) {
    const { version, agreed, differed, failed, dropped, maxDifference } = shadow;
    const most = maxDifference === undefined ? "" : `; numbers by ${maxDifference} at most`;
    lines.push(
      `Version ${version} agreed ${agreed} times, differed ${differed}, failed ${failed}, was left out ${dropped}${most}`,
    );
  }
  if (pinnedBy !== undefined) lines.push(`Pinned by ${pinnedBy}`);
  return lines.join("\n");
}
