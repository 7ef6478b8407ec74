import { CommandFailure, EXIT_FAILED } from "./exit.js";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/**
 * Does the work; SIGINT or SIGTERM has it put away what it had begun before the command ends. A second one does not wait.
 *
 * @param whatNext said to whoever has interrupted it
 */
export async function untilInterrupted<T>(whatNext: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const interrupt = () => controller.abort(new CommandFailure(`Interrupted; ${whatNext}`, EXIT_FAILED));
  for (const signal of SIGNALS) process.once(signal, interrupt);
  try {
    return await work(controller.signal);
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupt);
  }
}
