import { PlinthError } from "@plinth/core";

/** What `plinth` ends with; the help text names them. */
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;
export const EXIT_UNREACHABLE = 3;
export const EXIT_NOT_FOUND = 4;
export const EXIT_REFUSED = 5;

/** A command could not do what it was asked to; the message is all that people need. */
export class CommandFailure extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.name = "CommandFailure";
    this.exitCode = exitCode;
  }
}

/** Runs a command; what it throws is told on standard error and becomes the exit code. */
export async function exitOnError(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (thrown) {
    if (thrown instanceof CommandFailure) {
      process.stderr.write(`${thrown.message}\n`);
      process.exitCode = thrown.exitCode;
      return;
    }
    const error = PlinthError.from(thrown);
    process.stderr.write(`${error.reason === "INTERNAL" ? String(error.stack) : error.message}\n`);
    process.exitCode = error.reason === "CONFIG_INVALID" ? EXIT_USAGE : EXIT_FAILED;
  }
}
