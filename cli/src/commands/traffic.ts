import type { Traffic, TrafficRulesDocument } from "@plinth/management";
import { apiPath } from "../api/management-client.js";
import { CommandFailure, EXIT_USAGE, exitOnError } from "../exit.js";
import { printDocument } from "../output/print-document.js";
import { table } from "../output/table.js";
import { clientOf, type ManagementOptions } from "./management-options.js";

interface TrafficOptions extends ManagementOptions {
  /** `false`: not sticky any more. */
  readonly stickyBy?: string | false;
  /** `false`: nothing is mirrored any more. */
  readonly shadow?: string | false;
  readonly reset?: boolean;
}

/** Shows the rules, after a change of what is named: the split, what is sticky, the shadow. */
export function trafficCommand(model: string, weights: readonly string[], options: TrafficOptions): Promise<void> {
  return exitOnError(async () => {
    const client = clientOf(options);
    const path = apiPath("models", model, "traffic");
    const change = changeOf(weights, options);
    if (options.reset === true && change !== undefined) {
      throw new CommandFailure("Expected --reset without other rules", EXIT_USAGE);
    }
    if (options.reset === true) {
      show(await client.change<Traffic>("DELETE", path));
      return;
    }
    const response = await client.send("GET", path);
    const current = (await response.json()) as Traffic;
    if (change === undefined) {
      show(current);
      return;
    }
    // Only the rules that were read are changed.
    const headers = { "if-match": response.headers.get("etag") ?? "*" };
    show(await client.change<Traffic>("PUT", path, { json: change(current.rules), headers }));

    function show(traffic: Traffic): void {
      printDocument(traffic, options.output, trafficText);
    }
  });
}

/** What is to become of the rules; `undefined` where nothing of them is named. */
function changeOf(
  weights: readonly string[],
  { stickyBy, shadow }: TrafficOptions,
): ((rules: TrafficRulesDocument) => TrafficRulesDocument) | undefined {
  if (weights.length === 0 && stickyBy === undefined && shadow === undefined) return undefined;
  const shares = weights.map(share).filter(([, weight]) => weight !== 0);
  if (weights.length > 0 && shares.length === 0) {
    throw new CommandFailure(`Expected a weight above 0 for one target at least, got ${weights.join(" ")}`, EXIT_USAGE);
  }
  const [to, percent] = typeof shadow === "string" ? share(shadow) : [];
  return (rules) => {
    const sticky = stickyBy ?? rules.stickyBy;
    const mirrored = to === undefined || percent === undefined ? shadow !== false && rules.shadow : { to, percent };
    return {
      split: shares.length > 0 ? Object.fromEntries(shares) : rules.split,
      ...(sticky && { stickyBy: sticky }),
      ...(mirrored && { shadow: mirrored }),
    };
  };
}

/** `stable=95` */
function share(text: string): readonly [string, number] {
  const separator = text.lastIndexOf("=");
  const number = Number(text.slice(separator + 1));
  if (separator > 0 && text.length > separator + 1 && Number.isFinite(number) && number >= 0)
    return [text.slice(0, separator), number];
  throw new CommandFailure(
    `Expected a label or version with a number from 0 on, as stable=95, got ${JSON.stringify(text)}`,
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
