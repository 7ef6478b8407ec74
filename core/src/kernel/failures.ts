import { PlinthError } from "../model/errors.js";

/**
 * Runs all of them, whatever becomes of the others.
 *
 * @throws PlinthError the one failure, or one `PLUGIN_FAILED` that lists all, each once.
 */
export async function runAll<T>(tasks: readonly (() => T | Promise<T>)[]): Promise<readonly T[]> {
  const outcomes = await Promise.allSettled(tasks.map(async (task) => task()));
  const failures = outcomes
    .filter((outcome) => outcome.status === "rejected")
    .map(({ reason }) => PlinthError.from(reason));
  const distinct = failures.filter(
    (failure, index) => failures.findIndex(({ message }) => message === failure.message) === index,
  );
  const [first] = distinct;
  if (first !== undefined && distinct.length === 1) throw first;
  if (first !== undefined) {
    throw new PlinthError("PLUGIN_FAILED", distinct.map(({ message }) => message).join("\n"), {
      cause: new AggregateError(distinct),
    });
  }
  return outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
}

/** What was thrown, with the name of what threw it in front of the message. */
export function namedFailure(name: string, thrown: unknown): PlinthError {
  const error = PlinthError.from(thrown, "PLUGIN_FAILED");
  if (error.message.startsWith(`${name}: `)) return error;
  return new PlinthError({ code: error.code, reason: error.reason }, `${name}: ${error.message}`, {
    details: error.details,
    cause: thrown,
  });
}
