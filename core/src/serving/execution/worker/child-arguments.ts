/*
 * What of this process's command line a child process is started with as well: loaders, preloads, conditions and limits, but nothing that
 * would have it run something else than its module, or take the port that a debugger of this one listens on.
 */

/** Options that are left out; `true`: with the word that follows. */
const LEFT_OUT: ReadonlyMap<string, boolean> = new Map([
  ["-e", true],
  ["--eval", true],
  ["-p", true],
  ["-pe", true],
  ["--print", true],
  ["-i", false],
  ["--interactive", false],
  ["-c", false],
  ["--check", false],
  ["--input-type", true],
  ["--debug-port", true],
]);

const LEFT_OUT_FAMILY = /^--(?:inspect|watch|test)(?:-|=|$)/;

/** @param execArguments as `process.execArgv` has them */
export function childArguments(execArguments: readonly string[]): readonly string[] {
  const kept: string[] = [];
  for (let index = 0; index < execArguments.length; index++) {
    const word = execArguments[index] ?? "";
    const [name = word] = word.split("=", 1);
    const takesNext = LEFT_OUT.get(name);
    if (takesNext === undefined && !LEFT_OUT_FAMILY.test(word)) kept.push(word);
    else if (takesNext === true && name === word) index++;
  }
  return kept;
}

/** The same of the options in `NODE_OPTIONS`, whose words may be quoted. */
export function childEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: options } = environment;
  if (options === undefined) return environment;
  const words = options.match(/(?:"(?:\\.|[^"])*"|[^\s"])+/g) ?? [];
  return { ...environment, NODE_OPTIONS: childArguments(words).join(" ") };
}
