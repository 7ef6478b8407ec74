import { createRequire } from "node:module";
import type { JournalEntry } from "@plinth/monitor-journal";
import { Argument, Command, Option } from "commander";
import { secondsAsMs, versionNumber, wholeNumber } from "./arguments.js";
import { completeCommand, completionCommand, SHELLS } from "./commands/completion.js";
import { withManagementOptions, withReason } from "./commands/management-options.js";
import { LOG_FORMATS, LOG_LEVELS } from "./logger.js";
import { OUTPUT_FORMATS } from "./output/output-format.js";

/** What `plinth` finds when no file is named. */
const DEFAULT_CONFIG = "config.yaml";

const EXIT_CODES = `
Exit codes: 0 done, 1 failed or interrupted (status: not ready), 2 the configuration or the command line is wrong, 3 no server answers,
4 there is no such model, version, label or revision, 5 the server refused it (copy: the target has other files).`;

const SERVING_FLAGS_HELP = `
In place of a configuration, the flags of tensorflow_model_server, as --rest_api_port=8501 --model_base_path=/models/m:
tensorflow_model_server --help lists them, and docs/from-tensorflow-serving.md says what becomes of each.`;

const { version } = createRequire(import.meta.url)("../package.json") as { readonly version: string };

export function createProgram(): Command {
  const program = new Command("plinth")
    .description("The model server that you compose")
    .version(version)
    .showHelpAfterError("With --help it tells how it is used.")
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
  const command = (name: string, description: string): Command =>
    withManagementOptions(program.command(name).description(description));
  const change = (name: string, description: string): Command => withReason(command(name, description));
  addLooks(command);
  addTransfers(command, change);
  addDeploymentChanges(command, change);
}

/** Makes a command with what all of its kind take. */
type AddCommand = (name: string, description: string) => Command;

/** In the order of the journal. */
const JOURNAL_KINDS: readonly JournalEntry["kind"][] = [
  "server",
  "deployment",
  "state",
  "shadow",
  "request",
  "failure",
  "error",
];

const A_MODEL = ["<model>", "its name"] as const;
const A_VERSION = ["<version>", "the number of a version", versionNumber] as const;
const VERSION_OR_ALL = ["[version]", "the number of a version (default: the model as a whole)", versionNumber] as const;
const NO_WAIT = ["--no-wait", "do not wait until it is loaded"] as const;

function addLooks(command: AddCommand): void {
  command("status", "tell whether a server is ready, and what it serves").action(
    lazy(async () => (await import("./commands/status.js")).statusCommand),
  );
  command("top", "show what each version does, again and again, until q ends it")
    .option("--once", "print it once")
    .addOption(
      new Option("--interval <seconds>", "how often it is looked at").argParser(secondsAsMs).default(2_000, "2"),
    )
    .action(lazy(async () => (await import("./commands/top.js")).topCommand));
  command("config", "tell what a server runs by, with the line of each value; secrets are hidden")
    .option("--defaults", "also what is as by default")
    .action(lazy(async () => (await import("./commands/inspect.js")).configCommand));
  command("plugins", "tell what a server is composed of, with versions").action(
    lazy(async () => (await import("./commands/inspect.js")).pluginsCommand),
  );
  command("storage", "tell what a server's storage holds, and whether it can be written").action(
    lazy(async () => (await import("./commands/inspect.js")).storageCommand),
  );
  command("logs", "tell what the server's journal holds: deployments, states, errors, sampled requests")
    .option("-f, --follow", "go on with what is new, until Ctrl-C")
    .option("-m, --model <name>", "only of this model")
    .option("--model-version <number>", "only of this version", versionNumber)
    .addOption(new Option("--level <level>", "only of this level and above").choices(["info", "warn", "error"]))
    .addOption(new Option("--kind <kind>", "only of this kind").choices(JOURNAL_KINDS))
    .option("--reason <reason>", "only of this reason, as INPUT_MISSING")
    .option("--text <text>", "only what holds this text")
    .option("--since <when>", "not before: a time, or how long ago, as 2h")
    .option("--until <when>", "before: the same")
    .option("--group", "how often what happened to which version, the most frequent first (default: of the last day)")
    .option("--entry <id>", "one entry in full")
    .option("-n, --limit <count>", "at most this many", wholeNumber(1, 1_000), 50)
    .action(lazy(async () => (await import("./commands/logs.js")).logsCommand));
  command("models", "list the models").action(lazy(async () => (await import("./commands/models.js")).modelsCommand));
  command("versions", "list the versions of a model, or tell of one how it is called")
    .argument(...A_MODEL)
    .argument("[version]", "the number of one of them", versionNumber)
    .action(lazy(async () => (await import("./commands/models.js")).versionsCommand));
}

function addTransfers(command: AddCommand, change: AddCommand): void {
  change(
    "push",
    "send a folder as a new version of a model and wait until it is served; typed again after an interruption, it goes on where it was",
  )
    .argument(...A_MODEL)
    .argument("<folder>", "whose files are the version")
    .option("--model-version <number>", "its number (default: the one after the highest)", versionNumber)
    .option(...NO_WAIT)
    .action(lazy(async () => (await import("./commands/push.js")).pushCommand));
  command("pull", "fetch the files of a version, checked, into a new folder")
    .argument(...A_MODEL)
    .argument(...A_VERSION)
    .argument("<folder>", "which must not be there yet")
    .action(lazy(async () => (await import("./commands/pull.js")).pullCommand));
  change("remove", "take a version, or a model as a whole, out of the storage, for good")
    .argument(...A_MODEL)
    .argument(
      "[version]",
      "the number of a version (default: the model as a whole, once it is unloaded)",
      versionNumber,
    )
    .option("--force", "also a model that is served: it is unloaded first")
    .action(lazy(async () => (await import("./commands/remove.js")).removeCommand));
}

function addDeploymentChanges(command: AddCommand, change: AddCommand): void {
  change("load", "serve a model, or one more version of it, and wait until that is so")
    .argument(...A_MODEL)
    .argument(...VERSION_OR_ALL)
    .option(...NO_WAIT)
    .action(lazy(async () => (await import("./commands/load.js")).loadCommand));
  change("unload", "take a model or one version out of service")
    .argument(...A_MODEL)
    .argument(...VERSION_OR_ALL)
    .action(lazy(async () => (await import("./commands/load.js")).unloadCommand));
  change("label", "list the labels of a model, show one, or move it to a version")
    .argument(...A_MODEL)
    .argument("[label]", "as stable")
    .argument("[version]", "where to move it", versionNumber)
    .option("--remove", "remove the label")
    .option("--allow-unavailable", "move it also to a version that is not in service yet")
    .action(lazy(async () => (await import("./commands/label.js")).labelCommand));
  change("traffic", "show the traffic rules of a model, or change those that are named; the others stay")
    .argument(...A_MODEL)
    .argument("[weights...]", "how requests are split among labels and versions, as stable=95 canary=5")
    .option("--sticky-by <header>", "equal values of this header go to the same target")
    .option("--no-sticky-by", "any request may go to any target")
    .option("--shadow <target=percent>", "mirror a share of the requests, as canary=10")
    .option("--no-shadow", "mirror none")
    .option("--reset", "go back to the rules of the configuration")
    .action(lazy(async () => (await import("./commands/traffic.js")).trafficCommand));
  command("history", "tell what was changed, by whom, when and why")
    .argument("[model]", "of one model (default: of all)")
    .option("--limit <count>", "at most this many", wholeNumber(1, 1_000), 20)
    .option("--before <revision>", "only older ones", wholeNumber(1))
    .action(lazy(async () => (await import("./commands/history.js")).historyCommand));
  change("rollback", "put a model back to what it was after a revision")
    .argument(...A_MODEL)
    .argument("<revision>", "as history counts them; 0: before the first", wholeNumber(0))
    .action(lazy(async () => (await import("./commands/history.js")).rollbackCommand));
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
