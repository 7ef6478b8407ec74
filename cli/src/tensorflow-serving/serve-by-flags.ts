import { createRequire } from "node:module";
import type { Logger } from "@plinth/core";
import { DEFAULT_SECTIONS } from "../defaults.js";
import { CommandFailure, EXIT_USAGE } from "../exit.js";
import { serveUntilStopped } from "../serve-until-stopped.js";
import { checkFlags } from "./check-flags.js";
import { parseFlags } from "./parse-flags.js";
import { pollForChange } from "./poll-for-change.js";
import { servingConfig } from "./serving-config.js";
import { SslConfigFile } from "./ssl-config.js";
import { openStateDirectory } from "./state-directory.js";

/**
 * Serves as `tensorflow_model_server` does with these flags.
 *
 * @param others as {@link parseFlags}
 * @throws CommandFailure with all that is wrong with the flags
 * @throws PlinthError with what is wrong with the files that they name, or whatever keeps the server from starting
 */
export async function serveByFlags(
  words: readonly string[],
  logger: Logger,
  others: readonly string[] = [],
): Promise<void> {
  const { flags, faults: unread } = parseFlags(words, others);
  if (flags.isOn("version")) {
    process.stdout.write(`Plinth ${version} in place of tensorflow_model_server\n`);
    return;
  }
  const { faults, warnings } = checkFlags(flags);
  const all = unread.length > 0 ? unread : faults;
  if (all.length > 0) throw new CommandFailure(all.join("\n"), EXIT_USAGE);
  for (const warning of warnings) logger.warn(warning);

  const state = await openStateDirectory(flags.text("plinth_state_dir"), logger);
  const ssl = new SslConfigFile(flags.text("ssl_config_file"));
  const readConfig = () =>
    servingConfig(flags, state.path, ssl, {
      environment: {},
      defaults: DEFAULT_SECTIONS,
      resolveFrom: [import.meta.url],
    });
  const file = flags.text("model_config_file");
  const pollMs = flags.number("model_config_file_poll_wait_seconds") * 1_000;
  await serveUntilStopped({
    readConfig,
    logger,
    follow: async (reload) => {
      if (file !== "" && pollMs > 0) await pollForChange(file, pollMs, reload);
    },
    ended: async () => state[Symbol.asyncDispose](),
  });
}

const { version } = createRequire(import.meta.url)("plinth/package.json") as { readonly version: string };
