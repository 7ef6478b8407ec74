import { exitOnError } from "./exit.js";
import { createLogger } from "./logger.js";
import { flagsHelp } from "./tensorflow-serving/flags-help.js";
import { serveByFlags } from "./tensorflow-serving/serve-by-flags.js";

const words = process.argv.slice(2);

await exitOnError(async () => {
  if (words.some((word) => /^--?h(elp)?$/.test(word))) process.stdout.write(flagsHelp());
  else await serveByFlags(words, await createLogger("info", process.stderr.isTTY ? "text" : "json"));
});
