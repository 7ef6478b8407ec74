import type { LabelList, ModelList, VersionList } from "@plinth/management";
import type { Argument, Command, Option } from "commander";
import { apiPath, ManagementClient } from "../api/management-client.js";

export const SHELLS = ["bash", "zsh", "fish"] as const;

type Shell = (typeof SHELLS)[number];

/** Longest wait for a server that is asked for names, in milliseconds: somebody is at the keyboard. */
const ASK_TIMEOUT_MS = 1_000;

/** Each asks `plinth complete` with the words so far; files are completed where it has nothing to say. */
const SCRIPTS: Readonly<Record<Shell, string>> = {
  // Not compgen -W, which would run what stands in a model's name.
  bash: `_plinth() {
  local candidate
  COMPREPLY=()
  while IFS= read -r candidate; do
    COMPREPLY+=("$(printf '%q' "$candidate")")
  done < <(plinth complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _plinth plinth
`,
  zsh: `#compdef plinth
_plinth() {
  local -a candidates
  candidates=(\${(f)"$(plinth complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  if (( \${#candidates} )); then compadd -a candidates; else _files; fi
}
compdef _plinth plinth
`,
  fish: `complete -c plinth -a '(plinth complete -- (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'
`,
};

/** `eval "$(plinth completion bash)"` */
export function completionCommand(shell: Shell): void {
  process.stdout.write(SCRIPTS[shell]);
}

/** Prints what may stand for the last word, one candidate a line: commands, options, names of models, labels and versions. */
export async function completeCommand(program: Command, words: readonly string[]): Promise<void> {
  const candidates = await candidatesFor(program, words);
  process.stdout.write(candidates.map((candidate) => `${candidate}\n`).join(""));
}

async function candidatesFor(program: Command, words: readonly string[]): Promise<readonly string[]> {
  const current = words.at(-1) ?? "";
  const candidates = words.length < 2 ? commandNames(program) : await wordsOf(program, words);
  return candidates.filter((candidate) => candidate.startsWith(current));
}

function commandNames(program: Command): readonly string[] {
  return program
    .createHelp()
    .visibleCommands(program)
    .map((command) => command.name());
}

async function wordsOf(program: Command, [name = "", ...words]: readonly string[]): Promise<readonly string[]> {
  const command = program.commands.find((each) => each.name() === name);
  if (command === undefined) return [];
  if (words.at(-1)?.startsWith("-")) return command.options.flatMap(({ long }) => long ?? []);
  const option = optionBefore(command, words.length - 1, words);
  if (option !== undefined) return option.argChoices ?? [];
  const positional = words.slice(0, -1).filter((word, index) => {
    return !word.startsWith("-") && optionBefore(command, index, words) === undefined;
  });
  return namesFor(command.registeredArguments[positional.length], positional, command);
}

/** The option whose value stands at this place. */
function optionBefore(command: Command, index: number, words: readonly string[]): Option | undefined {
  const before = words[index - 1];
  if (before === undefined) return undefined;
  return command.options.find(({ long, short, required }) => required && (long === before || short === before));
}

async function namesFor(
  argument: Argument | undefined,
  [model = ""]: readonly string[],
  command: Command,
): Promise<readonly string[]> {
  if (argument?.argChoices !== undefined) return argument.argChoices;
  const client = clientFor(command);
  try {
    switch (argument?.name()) {
      case "model":
        return (await client.get<ModelList>("/api/models")).items.map((each) => each.model);
      case "label":
        return (await client.get<LabelList>(apiPath("models", model, "labels"))).items.map((each) => each.label);
      case "version":
        return (await client.get<VersionList>(apiPath("models", model, "versions"))).items.map((each) => each.version);
      default:
        return [];
    }
  } catch {
    return [];
  }
}

/** The server that the command would ask when it was given no `--server`. */
function clientFor(command: Command): ManagementClient {
  const option = command.options.find(({ long }) => long === "--server");
  const server = process.env.PLINTH_SERVER ?? String(option?.defaultValue ?? "");
  return new ManagementClient({ server, token: process.env.PLINTH_TOKEN || undefined, timeoutMs: ASK_TIMEOUT_MS });
}
