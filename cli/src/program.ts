import { createRequire } from "node:module";
import { Command, Option } from "commander";
import { checkCommand } from "./commands/check.js";
import { schemaCommand } from "./commands/schema.js";
import { serveCommand } from "./commands/serve.js";
import { LOG_FORMATS, LOG_LEVELS } from "./logger.js";

/** What `plinth` finds when no file is named. */
const DEFAULT_CONFIG = "config.yaml";

const { version } = createRequire(import.meta.url)("../package.json") as { readonly version: string };

export function createProgram(): Command {
  const program = new Command("plinth")
    .description("The model server that you compose")
    .version(version)
    .showHelpAfterError()
    .configureHelp({ showGlobalOptions: true })
    .addHelpText("after", "\nExit codes: 0 done, 1 failed, 2 the configuration or the command line is wrong.")
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

  program
    .command("serve")
    .description("start the server that a configuration composes; SIGTERM or SIGINT stops it after it has answered")
    .argument("[config]", "the configuration file", DEFAULT_CONFIG)
    .addOption(new Option("--log-level <level>", "the least that is logged").choices(LOG_LEVELS).default("info"))
    .addOption(
      new Option(
        "--log-format <format>",
        "how it is logged, on standard error (default: text on a terminal, else json)",
      ).choices(LOG_FORMATS),
    )
    .action(serveCommand);

  program
    .command("check")
    .description("tell all that is wrong with a configuration, without starting anything")
    .argument("[config]", "the configuration file", DEFAULT_CONFIG)
    .option("--print", "print the configuration with every default filled in")
    .action(checkCommand);

  program.command("schema").description("print the JSON Schema of configurations, for editors").action(schemaCommand);

  return program;
}
