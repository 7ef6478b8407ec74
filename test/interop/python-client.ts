import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);

const CACHE = join(
  process.env.PLINTH_CI_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "plinth-ci"),
  "python",
);

/** Longest that packages may take to install, in milliseconds. */
const INSTALL_MS = 900_000;

/** Python with packages of its own, which are installed when they are first asked for and kept for the next time. */
export class PythonClient {
  readonly #python: string;

  private constructor(python: string) {
    this.#python = python;
  }

  /**
   * `undefined`, and a line on standard error that says why, where there is no Python or the packages cannot be installed.
   *
   * @param packages as for pip, with exact versions
   */
  static async with(...packages: readonly string[]): Promise<PythonClient | undefined> {
    const folder = join(CACHE, createHash("sha256").update(packages.join("\n")).digest("hex").slice(0, 16));
    const python = join(folder, "bin", "python");
    if (existsSync(join(folder, "installed"))) return new PythonClient(python);
    try {
      await rm(folder, { recursive: true, force: true });
      await mkdir(CACHE, { recursive: true });
      await execute("python3", ["-m", "venv", folder]);
      await execute(python, ["-m", "pip", "install", "--quiet", ...packages], { timeout: INSTALL_MS });
      await mkdir(join(folder, "installing"));
      await rename(join(folder, "installing"), join(folder, "installed"));
      return new PythonClient(python);
    } catch (error) {
      process.stderr.write(`SKIPPED: no Python with ${packages.join(", ")}: ${(error as Error).message}\n`);
      return undefined;
    }
  }

  /** Runs a script in a process of its own, and gives back the JSON that it prints last. */
  async run(script: string, ...words: readonly string[]): Promise<unknown> {
    const { stdout } = await execute(this.#python, [script, ...words], {
      env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: "3", CUDA_VISIBLE_DEVICES: "" },
    });
    return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
  }
}
