import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { PACKAGES, ROOT } from "../architecture/source-files.js";
import { RunningCommand } from "./running-command.js";

const execute = promisify(execFile);

/** Installed beside the tarballs: what a TypeScript plugin is written with. */
const TOOLS = ["typescript@7.0.2", "@types/node@20.19.43", "zod@4.6.7"];

/** An empty project outside the workspace, with every package installed from its tarball. */
export class Project implements AsyncDisposable {
  readonly directory: string;
  readonly #servers: RunningCommand[] = [];

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async create(): Promise<Project> {
    const project = new Project(await mkdtemp(join(tmpdir(), "plinth-packages-")));
    await project.write("package.json", JSON.stringify({ name: "empty", private: true, type: "module" }));
    await project.write(".npmrc", "onnxruntime-node-install=skip\n");
    for (const folder of PACKAGES) {
      await execute("npm", ["pack", "--pack-destination", project.directory], { cwd: join(ROOT, folder) });
    }
    const tarballs = (await readdir(project.directory))
      .filter((name) => name.endsWith(".tgz"))
      .map((name) => `./${name}`);
    await project.run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", ...tarballs, ...TOOLS]);
    return project;
  }

  async write(path: string, text: string): Promise<void> {
    const file = join(this.directory, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }

  async run(command: string, parameters: readonly string[]): Promise<string> {
    const { stdout } = await execute(command, parameters, { cwd: this.directory, maxBuffer: 1 << 26 });
    return stdout;
  }

  /** Runs `plinth serve` and gives the address where it listens. */
  async serve(config: string): Promise<string> {
    const server = new RunningCommand("npx", ["plinth", "serve", config], this.directory);
    this.#servers.push(server);
    return (await server.line(/listens on (\S+)/))[1] ?? "";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) await server.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}
