import type { Logger } from "@plinth/core";
import type { Command } from "commander";
import { CommandFailure, EXIT_USAGE, exitOnError } from "../exit.js";
import { createLogger, type LOG_LEVELS, type LogFormat } from "../logger.js";
import { readConfig } from "../read-config.js";
import { type Reload, serveUntilStopped } from "../serve-until-stopped.js";
import { isFlag } from "../tensorflow-serving/parse-flags.js";
import { serveByFlags } from "../tensorflow-serving/serve-by-flags.js";

interface ServeOptions {
  readonly logLevel: (typeof LOG_LEVELS)[number];
  readonly logFormat?: LogFormat;
}

/** Serves the configuration of a file, or what TensorFlow Serving's flags say where there are any. */
export function serveCommand(file: string, { logLevel, logFormat }: ServeOptions, { args }: Command): Promise<void> {
  return exitOnError(async () => {
    const logger = await createLogger(logLevel, logFormat ?? (process.stderr.isTTY ? "text" : "json"));
    if (args.some(isFlag)) return serveByFlags(args, logger, ["log-level", "log-format"]);
    if (args.length > 1) throw new CommandFailure(`Expected one configuration, got ${args.join(", ")}`, EXIT_USAGE);
    await serveUntilStopped({
      readConfig: () => readConfig(file),
      logger,
      follow: (reload, config) => watchFile(config.file, reload, logger),
    });
  });
}

/** What watches is imported only now, when the server is up. */
async function watchFile(file: string, reload: Reload, logger: Logger): Promise<void> {
  const { watch } = await import("chokidar");
  // Writers that are not done yet are waited for, so that no half of a file is read.
  const options = { ignoreInitial: true, persistent: false, awaitWriteFinish: { stabilityThreshold: 200 } };
  const watcher = watch(file, options);
  watcher.on("change", () => void reload("The file was changed"));
  watcher.on("add", () => void reload("The file was replaced"));
  watcher.on("error", (error) => logger.warn(`Changes of ${file} are not noticed; send SIGHUP`, { error }));
}
