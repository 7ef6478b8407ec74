import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";

/** A command that goes on until it is stopped, in a process group of its own. */
export class RunningCommand {
  readonly #process: ChildProcess;
  readonly #lines: Interface;
  readonly #seen: string[] = [];
  readonly #exited: Promise<unknown>;

  constructor(command: string, parameters: readonly string[], directory: string) {
    this.#process = spawn(command, parameters, { cwd: directory, stdio: ["ignore", "pipe", "pipe"], detached: true });
    this.#exited = once(this.#process, "exit");
    this.#lines = createInterface({ input: this.#process.stdout ?? process.stdin });
    this.#lines.on("line", (line) => this.#seen.push(line));
    this.#process.stderr?.on("data", (chunk) => this.#seen.push(String(chunk)));
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Settles when it has ended, with its exit code, `null` where a signal killed it. */
  async ended(): Promise<number | null> {
    await this.#exited;
    return this.#process.exitCode;
  }

  /** All that it printed so far. */
  get output(): string {
    return this.#seen.join("\n");
  }

  /** The first line of its standard output that matches; rejects where it ends before it prints one. */
  async line(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      for (const seen of this.#seen) {
        const match = pattern.exec(seen);
        if (match !== null) return match;
      }
      const ended = this.#exited.then(() => true);
      if (await Promise.race([ended, once(this.#lines, "line").then(() => false)])) {
        throw new Error(`It ended without a line like ${pattern}:\n${this.output}`);
      }
    }
  }

  /** Sends the signal to the command alone, and does not wait for what comes of it. */
  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Sends the signal to the command and all that it started; gives its exit code, `null` where the signal killed it. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    if (this.#process.exitCode === null && this.#process.pid !== undefined) process.kill(-this.#process.pid, signal);
    await this.#exited;
    return this.#process.exitCode;
  }
}
