import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import envPaths from "env-paths";

/**
 * Which upload on a server belongs to which files here, so that a push that was interrupted goes on when it is typed again. One
 * small file each in the user's folder for the state of programs.
 */
export class RememberedUploads {
  readonly #folder: string = join(envPaths("plinth", { suffix: "" }).log, "uploads");
  readonly #file: string;

  /** @param what all that makes it the same push: server, model, version and files */
  constructor(what: unknown) {
    this.#file = join(this.#folder, createHash("sha256").update(JSON.stringify(what)).digest("hex"));
  }

  async id(): Promise<string | undefined> {
    return readFile(this.#file, "utf8").catch(() => undefined);
  }

  async remember(id: string): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await writeFile(this.#file, id, { mode: 0o600 });
  }

  async forget(): Promise<void> {
    await rm(this.#file, { force: true });
  }
}
