import { PlinthError } from "@plinth/core";

/** What `plinth` ends with; the help text names them. */
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;

/** Runs a command; what it throws is told on standard error and becomes the exit code. */
export async function exitOnError(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (thrown) {
    const error = PlinthError.from(thrown);
    process.stderr.write(`${error.reason === "INTERNAL" ? String(error.stack) : error.message}\n`);
    process.exitCode = error.reason === "CONFIG_INVALID" ? EXIT_USAGE : EXIT_FAILED;
  }
}
