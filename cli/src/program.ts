import { createRequire } from "node:module";
import { Argument, Command, Option } from "commander";
import { completeCommand, completionCommand, SHELLS } from "./commands/completion.js";
import { withManagementOptions, withReason } from "./commands/management-options.js";
import { LOG_FORMATS, LOG_LEVELS } from "./logger.js";
import { OUTPUT_FORMATS } from "./output/print-document.js";

/** What `plinth` finds when no file is named. */
const DEFAULT_CONFIG = "config.yaml";

const EXIT_CODES = `
Exit codes: 0 done, 1 failed (status: not ready), 2 the configuration or the command line is wrong, 3 no server answers,
4 there is no such model, version, label or revision, 5 the server refused it (copy: the target has other files).`;

const SERVING_FLAGS_HELP = `
In place of a configuration, the flags of tensorflow_model_server, as --rest_api_port=8501 --model_base_path=/models/m:
tensorflow_model_server --help lists them, and docs/from-tensorflow-serving.md says what becomes of each.`;

const { version } = createRequire(import.meta.url)("../package.json") as { readonly version: string };

export function createProgram(): Command {
  const program = new Command("plinth")
    .description("The model server that you compose")
    .version(version)
    .showHelpAfterError()
    .configureHelp({ showGlobalOptions: true })
    .addHelpText("after", EXIT_CODES)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  addServerCommands(program);
  addStorageCommands(program);
  addManagementCommands(program);
  addCompletion(program);
  return program;
}

function addServerCommands(program: Command): void {
  program
    .command("serve")
    .description(
      "start the server that a configuration composes; SIGTERM or SIGINT stops it after it has answered, SIGHUP or a change of the file reloads it",
    )
    .argument("[config]", "the configuration file", DEFAULT_CONFIG)
    .allowUnknownOption()
    .allowExcessArguments()
    .addHelpText("after", SERVING_FLAGS_HELP)
    .addOption(new Option("--log-level <level>", "the least that is logged").choices(LOG_LEVELS).default("info"))
    .addOption(
      new Option(
        "--log-format <format>",
        "how it is logged, on standard error (default: text on a terminal, else json)",
      ).choices(LOG_FORMATS),
    )
    .action(lazy(async () => (await import("./commands/serve.js")).serveCommand));

  program
    .command("check")
    .description("tell all that is wrong with a configuration, without starting anything")
    .argument("[config]", "the configuration file", DEFAULT_CONFIG)
    .option("--print", "print the configuration with every default filled in")
    .action(lazy(async () => (await import("./commands/check.js")).checkCommand));

  program
    .command("schema")
    .description("print the JSON Schema of configurations, for editors")
    .action(lazy(async () => (await import("./commands/schema.js")).schemaCommand));
}

/** The commands over storages, which need no server. */
function addStorageCommands(program: Command): void {
  program
    .command("copy")
    .description("copy models from one storage to another, verified; what is there already is skipped")
    .argument("[versions...]", "models, or single versions as digits@3 (default: all that there is)")
    .requiredOption("--from <storage>", "config.yaml, disk:./models, or { use: disk, root: ./models }")
    .requiredOption("--to <storage>", "the same; need not hold anything yet")
    .option("--no-records", "leave out labels, traffic and history, which are copied with all models only")
    .addOption(
      new Option("-o, --output <format>", "how the outcome is printed").choices(OUTPUT_FORMATS).default("table"),
    )
    .action(lazy(async () => (await import("./commands/copy.js")).copyCommand));
}

/** An action whose module is imported when it is called: a server that starts needs neither tars nor tables. */
function lazy<Call extends readonly unknown[]>(
  load: () => Promise<(...call: Call) => Promise<void>>,
): (...call: Call) => Promise<void> {
  return async (...call) => (await load())(...call);
}

/** The commands over the management API of a running server. */
function addManagementCommands(program: Command): void {
  const command = (nameAndArguments: string, description: string): Command =>
    withManagementOptions(program.command(nameAndArguments).description(description));

  command("status", "tell whether a server is ready, and what it serves").action(
    lazy(async () => (await import("./commands/status.js")).statusCommand),
  );
  command("top", "show what each version does, again and again, until q ends it")
    .option("--once", "print it once")
    .option("--interval <seconds>", "how often it is looked at", "2")
    .action(lazy(async () => (await import("./commands/top.js")).topCommand));
  command("models", "list the models").action(lazy(async () => (await import("./commands/models.js")).modelsCommand));
  command("versions <model>", "list the versions of a model").action(
    lazy(async () => (await import("./commands/models.js")).versionsCommand),
  );
  withReason(command("push <model> <folder>", "send a folder as a new version of a model"))
    .option("--model-version <number>", "its number (default: the one after the highest)")
    .action(lazy(async () => (await import("./commands/push.js")).pushCommand));
  command("pull <model> <version> <folder>", "fetch the files of a version into a new folder").action(
    lazy(async () => (await import("./commands/pull.js")).pullCommand),
  );
  withReason(
    command("label <model> [label] [version]", "list the labels of a model, show one, or move it to a version"),
  )
    .option("--remove", "remove the label")
    .option("--allow-unavailable", "move it also to a version that is not in service yet")
    .action(lazy(async () => (await import("./commands/label.js")).labelCommand));
  withReason(command("traffic <model> [weights...]", "show the traffic rules, or replace them, as stable=95 canary=5"))
    .option("--sticky-by <header>", "equal values of this header go to the same target")
    .option("--shadow <target=percent>", "mirror a share of the requests, as canary=10")
    .option("--reset", "go back to the rules of the configuration")
    .action(lazy(async () => (await import("./commands/traffic.js")).trafficCommand));
  command("history [model]", "tell what was changed, by whom, when and why")
    .option("--limit <count>", "at most this many", "20")
    .option("--before <revision>", "only older ones")
    .action(lazy(async () => (await import("./commands/history.js")).historyCommand));
  command("logs", "tell what the server's journal holds: deployments, states, errors, sampled requests")
    .option("-f, --follow", "go on with what is new, until Ctrl-C")
    .option("-m, --model <name>", "only of this model")
    .option("--model-version <number>", "only of this version")
    .option("--level <level>", "info, warn or error: of this one and above")
    .option("--kind <kind>", "only of this kind, as failure")
    .option("--text <text>", "only what holds this text")
    .option("--since <when>", "not before: a time, or how long ago, as 2h")
    .option("-n, --limit <count>", "at most this many", "50")
    .action(lazy(async () => (await import("./commands/logs.js")).logsCommand));
  withReason(command("rollback <model> <revision>", "put a model back to what it was after a revision")).action(
    lazy(async () => (await import("./commands/history.js")).rollbackCommand),
  );
  withReason(command("load <model> [version]", "serve a model, or one more version of it")).action(
    lazy(async () => (await import("./commands/load.js")).loadCommand("load")),
  );
  withReason(command("unload <model> [version]", "take a model or one version out of service")).action(
    lazy(async () => (await import("./commands/load.js")).loadCommand("unload")),
  );
  command("reload", "have the server read its configuration again").action(
    lazy(async () => (await import("./commands/status.js")).reloadCommand),
  );
}

function addCompletion(program: Command): void {
  program
    .command("completion")
    .description('print what makes a shell complete plinth, as eval "$(plinth completion bash)"')
    .addArgument(new Argument("<shell>", "the shell").choices(SHELLS))
    .action(completionCommand);
  program
    .command("complete", { hidden: true })
    .argument("[words...]")
    .action((words: readonly string[]) => completeCommand(program, words));
}
