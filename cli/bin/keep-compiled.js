// Node 22 and later can keep what they have compiled for the next start, which takes a seventh off it. Not in the folder for temporary
// files, which is Node's choice: others on the machine could put something there that runs.
import module from "node:module";
import { join } from "node:path";

if (module.enableCompileCache !== undefined) {
  try {
    const { default: envPaths } = await import("env-paths");
    module.enableCompileCache(join(envPaths("plinth", { suffix: "" }).cache, "compiled"));
  } catch {
    // Who has no home keeps nothing.
  }
}
