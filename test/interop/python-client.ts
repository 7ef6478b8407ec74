import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Longest that packages may take to install, in milliseconds. */
const INSTALL_MS = 900_000;

/** Longest that a script may take, in milliseconds. */
const SCRIPT_MS = 120_000;

/** Oldest Python that the clients are for. */
const MIN_PYTHON: readonly [number, number] = [3, 10];

const CACHE = process.env.PLINTH_CI_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "plinth-ci");

/** Python scripts with the packages that they need, in an environment of their own. */
export class PythonClient {
  readonly #python: string;

  private constructor(python: string) {
    this.#python = python;
  }

  /**
   * Makes the environment in the cache folder, or finds it there, made whole with the same packages by the same Python.
   *
   * @param python from {@link findPython}
   * @param name of the environment's folder
   * @param requirements for pip, each with its exact version
   */
  static async prepare(python: Python, name: string, requirements: readonly string[]): Promise<PythonClient> {
    const key = createHash("sha256")
      .update([python.version, ...requirements].join("\n"))
      .digest("hex")
      .slice(0, 16);
    const folder = join(CACHE, "python", `${name}-${key}`);
    const done = join(folder, "installed");
    if (!(await isThere(done))) {
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
      await run(python.command, ["-m", "venv", folder], { timeout: INSTALL_MS });
      const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"];
      await run(join(folder, "bin", "python"), [...pip, ...requirements], { timeout: INSTALL_MS });
      await writeFile(done, requirements.join("\n"));
    }
    return new PythonClient(join(folder, "bin", "python"));
  }

  /**
   * Runs a script in a process of its own.
   *
   * @param script path of the file
   * @returns what it wrote to its standard output
   * @throws Error with all that it wrote, where it ends with another code than 0
   */
  async run(script: string, parameters: readonly string[]): Promise<string> {
    try {
      const { stdout } = await run(this.#python, ["-X", "faulthandler", script, ...parameters], { timeout: SCRIPT_MS });
      return stdout;
    } catch (thrown) {
      const {
        stdout = "",
        stderr = "",
        message,
      } = thrown as Error & { readonly stdout?: string; readonly stderr?: string };
      throw new Error([message, stdout, stderr].join("\n"), { cause: thrown });
    }
  }
}

export interface Python {
  readonly command: string;
  readonly version: string;
}

/** A Python that is new enough and makes environments; `undefined` where there is none, with the reason on standard error. */
export async function findPython(): Promise<Python | undefined> {
  const tried: string[] = [];
  for (const command of ["python3", "python"]) {
    try {
      const { stdout } = await run(command, ["-c", "import sys, venv, ensurepip; print(sys.version.split()[0])"]);
      const version = stdout.trim();
      if (isNewEnough(version)) return { command, version };
      tried.push(`${command} is ${version}`);
    } catch (thrown) {
      tried.push(`${command}: ${String((thrown as Error).message.trim().split("\n").at(-1))}`);
    }
  }
  process.stderr.write(
    `\nSKIPPED: clients in Python, which want Python ${MIN_PYTHON.join(".")} or newer with venv (${tried.join("; ")})\n`,
  );
  return undefined;
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > MIN_PYTHON[0] || (major === MIN_PYTHON[0] && minor >= MIN_PYTHON[1]);
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
