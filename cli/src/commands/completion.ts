import type { Argument, Command, Option } from "commander";
import { namesFor, type Surroundings } from "../api/known-names.js";

export const SHELLS = ["bash", "zsh", "fish"] as const;

type Shell = (typeof SHELLS)[number];

/** Each asks `plinth complete` with the words so far; files are completed where it has nothing to say. */
const SCRIPTS: Readonly<Record<Shell, string>> = {
  // Not compgen -W, which would run what stands in a model's name.
  bash: `_plinth() {
  local candidate
  COMPREPLY=()
  while IFS= read -r candidate; do
    COMPREPLY+=("$(printf '%q' "$candidate")")
    if [[ $candidate == *= ]]; then compopt -o nospace 2>/dev/null; fi
  done < <(plinth complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _plinth plinth
`,
  zsh: `#compdef plinth
_plinth() {
  local -a candidates
  candidates=(\${(f)"$(plinth complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  if (( ! \${#candidates} )); then _files
  elif [[ \${candidates[1]} == *= ]]; then compadd -S '' -a candidates
  else compadd -a candidates; fi
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

/** Prints what may stand for the last word, one candidate a line: commands, options, and names that the server knows. */
export async function completeCommand(program: Command, words: readonly string[]): Promise<void> {
  const candidates = await candidatesFor(program, rejoined(words));
  process.stdout.write(candidates.map((candidate) => `${candidate}\n`).join(""));
}

/** bash cuts words at `=` and `:`, and with them addresses of servers. */
function rejoined(words: readonly string[]): readonly string[] {
  const joined: string[] = [];
  let isCut = false;
  for (const word of words) {
    const isSign = (word === "=" || word === ":") && joined.length > 0;
    if (isSign || isCut) joined.push(`${joined.pop()}${word}`);
    else joined.push(word);
    isCut = isSign;
  }
  return joined;
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
  const positional = words.slice(0, -1).filter((word, index) => {
    return !word.startsWith("-") && optionBefore(command, index, words) === undefined;
  });
  const wanted = option ?? argumentAt(command, positional.length);
  if (wanted?.argChoices !== undefined) return wanted.argChoices;
  return wanted === undefined ? [] : namesFor(nameOf(wanted), surroundings(command, words, positional));
}

/** The option whose value stands at this place. */
function optionBefore(command: Command, index: number, words: readonly string[]): Option | undefined {
  const before = words[index - 1];
  if (before === undefined) return undefined;
  return command.options.find(({ long, short, required }) => required && (long === before || short === before));
}

function argumentAt({ registeredArguments }: Command, index: number): Argument | undefined {
  const last = registeredArguments.at(-1);
  return registeredArguments[index] ?? (last?.variadic === true ? last : undefined);
}

function nameOf(wanted: Option | Argument): string {
  return "attributeName" in wanted ? wanted.attributeName() : wanted.name();
}

/** The server and the model that the command would be about. */
function surroundings(command: Command, words: readonly string[], positional: readonly string[]): Surroundings {
  const givenAs = (name: string) => words.find((_word, index) => optionBefore(command, index, words)?.long === name);
  const server = command.options.find(({ long }) => long === "--server");
  return {
    server: givenAs("--server") ?? process.env.PLINTH_SERVER ?? String(server?.defaultValue ?? ""),
    model: givenAs("--model") ?? positional[0] ?? "",
  };
}
