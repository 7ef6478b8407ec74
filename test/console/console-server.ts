import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ROOT } from "../architecture/source-files.js";
import { RunningCommand } from "../built/running-command.js";

const PLINTH = join(ROOT, "cli", "bin", "plinth.js");

const SECTIONS = {
  server: { pollIntervalMs: 100 },
  storage: { use: "disk", root: "./models", settleMs: 0 },
  protocols: [{ use: "rest", port: 0 }],
};

/** A server as people start it, with a folder of models of its own. */
export class ConsoleServer implements AsyncDisposable {
  readonly folder: string;
  readonly url: string;
  readonly #command: RunningCommand;

  private constructor(folder: string, url: string, command: RunningCommand) {
    this.folder = folder;
    this.url = url;
    this.#command = command;
  }

  /** @param more sections of the configuration beside, or in place of, the usual ones */
  static async start(more: Readonly<Record<string, unknown>> = {}): Promise<ConsoleServer> {
    const folder = await mkdtemp(join(tmpdir(), "plinth-console-"));
    await mkdir(join(folder, "models"));
    await writeFile(join(folder, "config.yaml"), JSON.stringify({ ...SECTIONS, ...more }));
    const command = new RunningCommand(process.execPath, [PLINTH, "serve", join(folder, "config.yaml")], folder);
    const [, url = ""] = await command.line(/^Plinth listens on (\S+)$/);
    return new ConsoleServer(folder, url, command);
  }

  /** Puts a version into the models' folder by hand. */
  async place(model: string, version: number, file: string, content: string | Uint8Array): Promise<void> {
    const path = join(this.folder, "models", model, String(version), file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#command.stop().catch(() => {});
    await rm(this.folder, { recursive: true, force: true });
  }
}
