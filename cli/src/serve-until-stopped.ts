import { type Logger, type RunningServer, type ServerConfig, startServer } from "@plinth/core";
import { startupReport } from "./startup-report.js";

export interface ServeOptions {
  /** Reads the configuration, at the start and for each reload. */
  readonly readConfig: () => Promise<ServerConfig>;
  readonly logger: Logger;
  /** Has the configuration read again when it changes, from now on. */
  follow(reload: Reload, config: ServerConfig): Promise<void>;
  /** Called after the server has stopped, or where it could not be started. */
  ended?(): Promise<void>;
}

/** Reads the configuration again; what is wrong with it is logged and changes nothing. Gives whether it was applied. */
export type Reload = (why: string) => Promise<boolean>;

/** Told by signals to stop; a second one does not wait. */
const STOP_SIGNALS = ["SIGTERM", "SIGINT"] as const;

/** Starts a server and says so on standard output; signals stop it, with the process, and SIGHUP has it reload. */
export async function serveUntilStopped(options: ServeOptions): Promise<void> {
  const { readConfig, logger, follow, ended } = options;
  try {
    const config = await readConfig();
    const server = await startServer(config, logger, { readConfig });
    stopOnSignal(server, logger, ended);
    const reload = reloading(server, config.file, logger);
    process.on("SIGHUP", () => void reload("SIGHUP"));
    await follow(reload, config);
    await server.settled();
    process.stdout.write(await startupReport(server, config, performance.now()));
  } catch (error) {
    await ended?.();
    throw error;
  }
}

function stopOnSignal(server: RunningServer, logger: Logger, ended: ServeOptions["ended"]): void {
  let stopping = false;
  for (const signal of STOP_SIGNALS) {
    process.on(signal, () => {
      if (stopping) {
        logger.warn(`${signal} again: stopping at once`);
        process.exit(1);
      }
      stopping = true;
      logger.info(`${signal}: stopping`);
      void server
        .stop()
        .then(ended)
        .finally(() => process.exit(0));
    });
  }
}

function reloading(server: RunningServer, file: string, logger: Logger): Reload {
  return async (why) => {
    logger.info(`${why}: reading ${file} again`);
    try {
      await server.reload();
      return true;
    } catch (error) {
      logger.error("The configuration was not applied; everything goes on as it was", { error });
      return false;
    }
  };
}
