import { type Logger, type RunningServer, startServer } from "@plinth/core";
import { exitOnError } from "../exit.js";
import { createLogger, type LOG_LEVELS, type LogFormat } from "../logger.js";
import { readConfig } from "../read-config.js";
import { startupReport } from "../startup-report.js";

interface ServeOptions {
  readonly logLevel: (typeof LOG_LEVELS)[number];
  readonly logFormat?: LogFormat;
}

/** Told by signals to stop; a second one does not wait. */
const STOP_SIGNALS = ["SIGTERM", "SIGINT"] as const;

export function serveCommand(file: string, { logLevel, logFormat }: ServeOptions): Promise<void> {
  return exitOnError(async () => {
    const startedAtMs = performance.now();
    const config = await readConfig(file);
    const logger = createLogger(logLevel, logFormat ?? (process.stderr.isTTY ? "text" : "json"));
    const server = await startServer(config, logger);
    stopOnSignal(server, logger);
    await server.settled();
    process.stdout.write(await startupReport(server, config, performance.now() - startedAtMs));
  });
}

function stopOnSignal(server: RunningServer, logger: Logger): void {
  let stopping = false;
  for (const signal of STOP_SIGNALS) {
    process.on(signal, () => {
      if (stopping) {
        logger.warn(`${signal} again: stopping at once`);
        process.exit(1);
      }
      stopping = true;
      logger.info(`${signal}: stopping`);
      void server.stop().then(() => process.exit(0));
    });
  }
}
