import { execFileSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { ROOT } from "../architecture/source-files.js";
import { RunningCommand } from "./running-command.js";

const PLINTH = join(ROOT, "cli", "bin", "plinth.js");

/** Used by its path from anywhere. */
export const BEHAVING_BACKEND: string = join(ROOT, "test", "built", "behaving-backend.mjs");

export interface Answer {
  readonly status: number;
  readonly body: { readonly predictions?: readonly string[]; readonly error?: string };
}

/** A server of models that behave as they are told; see behaving-backend.mjs. */
export class BehavingServer implements AsyncDisposable {
  readonly folder: string;
  readonly #command: RunningCommand;
  #url = "";

  private constructor(folder: string, command: RunningCommand) {
    this.folder = folder;
    this.#command = command;
  }

  /**
   * @param models what the configuration says of each; `digits` are the real ones
   * @param nodeOptions for the server's own process
   */
  static async start(models: Readonly<Record<string, string>>, nodeOptions = ""): Promise<BehavingServer> {
    const folder = await mkdtemp(join(tmpdir(), "plinth-behaving-"));
    await writeModels(folder, models);
    // Only what the server itself prints is read; what it logs goes to a file.
    const line = `exec "${process.execPath}" ${nodeOptions} "${PLINTH}" serve config.yaml 2> log.txt`;
    const server = new BehavingServer(folder, new RunningCommand("sh", ["-c", line], folder));
    [, server.#url = ""] = await server.#command.line(/listens on (\S+)/);
    return server;
  }

  /** Has a model do something; see the backend for what. */
  async tell(model: string, command: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const response = await fetch(`${this.#url}/v1/models/${model}:predict`, {
      method: "POST",
      headers,
      body: JSON.stringify({ instances: [command] }),
    });
    return { status: response.status, body: (await response.json()) as Answer["body"] };
  }

  /** Has a model answer with a stream: what each of the commands gives. */
  stream(model: string, commands: readonly string[], signal?: AbortSignal): Promise<Response> {
    return fetch(`${this.#url}/v2/models/${model}/generate_stream`, {
      method: "POST",
      body: JSON.stringify({ commands, parameters: { signature_name: "steps" } }),
      ...(signal && { signal }),
    });
  }

  get(path: string): Promise<Response> {
    return fetch(this.#url + path);
  }

  /** The process in which a model runs, and the thread there: 0 is the main one. */
  async placeOf(model: string): Promise<{ readonly pid: number; readonly thread: number }> {
    const { body } = await this.tell(model, "place");
    const [pid = 0, thread = 0] = (body.predictions?.[0] ?? "").split(" ").map(Number);
    return { pid, thread };
  }

  /** Settles when everything is in service again; gives how long that took, in milliseconds. */
  async ready(): Promise<number> {
    const beganAtMs = performance.now();
    await expect.poll(async () => (await this.get("/readyz")).status, { timeout: 60_000, interval: 10 }).toBe(200);
    return performance.now() - beganAtMs;
  }

  log(): Promise<string> {
    return readFile(join(this.folder, "log.txt"), "utf8");
  }

  get printed(): string {
    return this.#command.output;
  }

  /** Signals the server and all that it started, as a terminal does. */
  stop(signal?: NodeJS.Signals): Promise<number | null> {
    return this.#command.stop(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop("SIGKILL");
    await rm(this.folder, { recursive: true });
  }
}

/** Whether a process is there, other than as the memory of one that nobody asked about. */
export function isAlive(pid: number): boolean {
  try {
    return !execFileSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).startsWith("Z");
  } catch {
    return false;
  }
}

/** Processes whose parent is this one. */
export function childrenOf(pid: number): readonly number[] {
  const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" }).trim().split("\n");
  return lines.flatMap((line) => {
    const [child = 0, parent] = line.trim().split(/\s+/).map(Number);
    return parent === pid ? [child] : [];
  });
}

async function writeModels(folder: string, models: Readonly<Record<string, string>>): Promise<void> {
  for (const model of Object.keys(models)) {
    const version = join(folder, "models", model, "1");
    await mkdir(version, { recursive: true });
    if (model === "digits")
      await cp(join(ROOT, "examples", "digits", "models", "digits", "1"), version, { recursive: true });
    else await writeFile(join(version, "behaviour.json"), "{}");
  }
  const lines = Object.entries(models).map(([model, text]) => `  ${model}: ${text}`);
  await writeFile(
    join(folder, "config.yaml"),
    "storage: { use: disk, root: ./models, settleMs: 0 }\n" +
      `backends: [{ use: onnx }, { use: ${JSON.stringify(BEHAVING_BACKEND)} }]\n` +
      `protocols: [{ use: rest, port: 0 }]\nmodels:\n${lines.join("\n")}\n`,
  );
}
