import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "vitest";
import { ROOT } from "../architecture/source-files.js";
import { RunningCommand } from "./running-command.js";

const execute = promisify(execFile);

export const PLINTH: string = join(ROOT, "cli", "bin", "plinth.js");

/** How a command has ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder with a configuration, the server that it composes, and the command line to manage that. */
export class ServedFolder implements AsyncDisposable {
  readonly path: string;
  readonly config: string;
  readonly server: RunningCommand;
  /** Of REST. */
  readonly url: string;

  private constructor(path: string, config: string, server: RunningCommand, url: string) {
    this.path = path;
    this.config = config;
    this.server = server;
    this.url = url;
  }

  /** @param prepare fills the folder before the server starts */
  static async start(config: string, prepare?: (path: string) => Promise<void>): Promise<ServedFolder> {
    const path = await mkdtemp(join(tmpdir(), "plinth-served-"));
    await prepare?.(path);
    const file = join(path, "config.yaml");
    await writeFile(file, config);
    const server = new RunningCommand(process.execPath, [PLINTH, "serve", file], path);
    const [, url = ""] = await server.line(/^Plinth listens on .*?(http:\/\/[^\s,]+)/);
    await server.line(/^Ready after/);
    return new ServedFolder(path, file, server, url);
  }

  /** Runs `plinth` with these words against the server, and tells how it ended. */
  async plinth(...words: readonly string[]): Promise<Ended> {
    const options = { cwd: this.path, env: { ...process.env, PLINTH_SERVER: this.url } };
    return execute(process.execPath, [PLINTH, ...words], options).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      ({ code, stdout, stderr }: Ended) => ({ code, stdout, stderr }),
    );
  }

  /** What a command prints as JSON; fails where it does not end with 0. */
  async json<Document>(...words: readonly string[]): Promise<Document> {
    const { code, stdout, stderr } = await this.plinth(...words, "-o", "json");
    expect(code, `${words.join(" ")}: ${stderr}`).toBe(0);
    return JSON.parse(stdout) as Document;
  }

  /** Waits until a command prints what is expected. */
  async untilPrinted(pattern: RegExp, ...words: readonly string[]): Promise<void> {
    await expect
      .poll(async () => (await this.plinth(...words)).stdout, { timeout: 20_000, interval: 100 })
      .toMatch(pattern);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.stop();
    await rm(this.path, { recursive: true });
  }
}
