import { emitKeypressEvents } from "node:readline";
import type { Health, ModelList, ServerStatisticsDocument } from "@plinth/management";
import type { ManagementClient } from "../api/management-client.js";
import { CommandFailure, exitOnError } from "../exit.js";
import { printDocument } from "../output/print-document.js";
import { figure, ratesSince, statisticsTable } from "../output/statistics-table.js";
import { formatBytes } from "../output/transfer-progress.js";
import { clientOf, type ManagementOptions } from "./management-options.js";

export interface TopOptions extends ManagementOptions {
  readonly once?: boolean;
  /** In milliseconds. */
  readonly interval: number;
}

/** One look at a server. */
interface Look {
  readonly health: Health;
  readonly models: ModelList;
  readonly statistics: ServerStatisticsDocument;
  /** On the clock of `performance.now()`. */
  readonly atMs: number;
}

const CLEAR_SCREEN = "\u001b[H\u001b[2J";
const ENTER_OTHER_SCREEN = "\u001b[?1049h\u001b[?25l";
const LEAVE_OTHER_SCREEN = "\u001b[?1049l\u001b[?25h";

/** Prints once where nobody looks at a terminal, or where that is asked for. */
export function topCommand(options: TopOptions): Promise<void> {
  return exitOnError(async () => {
    const client = clientOf(options);
    if (options.once !== true && options.output === "table" && process.stdout.isTTY) {
      await refresh(client, options.interval);
      return;
    }
    const { health, models, statistics } = await lookAt(client);
    printDocument({ health, models, statistics }, options.output, (look) =>
      screenText({ ...look, atMs: 0 }, undefined),
    );
  });
}

async function lookAt(client: ManagementClient): Promise<Look> {
  const [health, models, statistics] = await Promise.all([
    client.get<Health>("/api/health"),
    client.get<ModelList>("/api/models"),
    client.get<ServerStatisticsDocument>("/api/statistics"),
  ]);
  return { health, models, statistics, atMs: performance.now() };
}

/** Shows the figures until a key ends it. A server that does not answer is waited for. */
async function refresh(client: ManagementClient, everyMs: number): Promise<void> {
  const ended = new AbortController();
  using _keys = onKeys(() => ended.abort());
  process.stdout.write(ENTER_OTHER_SCREEN);
  try {
    let earlier: Look | undefined;
    while (!ended.signal.aborted) {
      const look = await lookAt(client).catch((error: unknown) => {
        if (error instanceof CommandFailure) return error;
        throw error;
      });
      if (ended.signal.aborted) break;
      const text = look instanceof CommandFailure ? look.message : screenText(look, earlier);
      process.stdout.write(`${CLEAR_SCREEN}${fitted(text)}\n\nq ends it`);
      if (!(look instanceof CommandFailure)) earlier = look;
      await pause(everyMs, ended.signal);
    }
  } finally {
    process.stdout.write(LEAVE_OTHER_SCREEN);
  }
}

function screenText({ health, models, statistics, atMs }: Look, earlier: Look | undefined): string {
  const rates = ratesSince(earlier?.statistics, atMs - (earlier?.atMs ?? 0));
  const processes = statistics.processes.map(({ role, rssBytes, eventLoopDelay }) => {
    return `${role} ${formatBytes(rssBytes)}, loop delay p99 ${figure(eventLoopDelay.p99)} ms`;
  });
  const head = `${health.ready ? "Ready" : "Not ready"}, up for ${Math.round(health.uptimeMs / 1_000)} s | ${processes.join(" | ")}`;
  return [head, ...health.reasons.map((reason) => `  ${reason}`), "", statisticsTable(statistics, models, rates)].join(
    "\n",
  );
}

/** What is beyond the terminal's edges would push the top out of it; some terminals do not know their size, or say 0. */
function fitted(text: string): string {
  const rows = process.stdout.rows || 24;
  const columns = process.stdout.columns || 80;
  return text
    .split("\n")
    .slice(0, Math.max(1, rows - 3))
    .map((line) => line.slice(0, columns))
    .join("\n");
}

function onKeys(end: () => void): Disposable {
  const { stdin } = process;
  const pressed = (_text: string, { name, ctrl }: { readonly name?: string; readonly ctrl?: boolean }) => {
    if (name === "q" || name === "escape" || (ctrl === true && name === "c")) end();
  };
  process.once("SIGINT", end);
  process.once("SIGTERM", end);
  if (stdin.isTTY) {
    emitKeypressEvents(stdin);
    stdin.setRawMode(true);
    stdin.on("keypress", pressed);
    stdin.resume();
  }
  return {
    [Symbol.dispose]: () => {
      process.off("SIGINT", end);
      process.off("SIGTERM", end);
      if (!stdin.isTTY) return;
      stdin.off("keypress", pressed);
      stdin.setRawMode(false);
      stdin.pause();
    },
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done);
  });
}
