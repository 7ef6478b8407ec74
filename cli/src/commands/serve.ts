import { type Logger, type RunningServer, startServer } from "@plinth/core";
import { watch } from "chokidar";
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
    const server = await startServer(config, logger, { readConfig: () => readConfig(file) });
    stopOnSignal(server, logger);
    reloadOnSignalAndChange(server, config.file, logger);
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

/** Reads the configuration again on SIGHUP and when its file changes; what is wrong with it is logged and changes nothing. */
function reloadOnSignalAndChange(server: RunningServer, file: string, logger: Logger): void {
  const reload = (why: string) => {
    logger.info(`${why}: reading ${file} again`);
    server.reload().catch((error: unknown) => {
      logger.error(`The configuration was not applied; everything goes on as it was`, { error });
    });
  };
  process.on("SIGHUP", () => reload("SIGHUP"));
  // Writers that are not done yet are waited for, so that no half of a file is read.
  const options = { ignoreInitial: true, persistent: false, awaitWriteFinish: { stabilityThreshold: 200 } };
  const watcher = watch(file, options);
  watcher.on("change", () => reload("The file was changed"));
  watcher.on("add", () => reload("The file was replaced"));
  watcher.on("error", (error) => logger.warn(`Changes of ${file} are not noticed; send SIGHUP`, { error }));
}
