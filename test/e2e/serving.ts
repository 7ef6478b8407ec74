import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LogFields, type Logger, parseConfig, type RunningServer, startServer } from "@plinth/core";

/** The server under test, composed from a configuration as people write it, in this process and from source. */
export class Serving implements AsyncDisposable {
  readonly server: RunningServer;
  readonly url: string;

  readonly #source: { text: string };

  private constructor(server: RunningServer, source: { text: string }) {
    this.#source = source;
    this.server = server;
    this.url = server.endpoints[0]?.url ?? "";
  }

  /** `file` is where the configuration would lie: relative paths in it are relative to its folder. */
  static async start(config: string, file: string, logger: Logger = new QuietLogger()): Promise<Serving> {
    const source = { text: config };
    const readConfig = () =>
      parseConfig(source.text, file, {
        environment: {},
        defaults: { backends: [{ use: "onnx" }], protocols: [{ use: "rest", port: 0 }], management: {} },
        resolveFrom: [import.meta.url],
        conditions: ["@plinth/source", "node", "import"],
        importModule: (url) => import(url),
      });
    const server = await startServer(await readConfig(), logger, { readConfig });
    await server.settled();
    return new Serving(server, source);
  }

  /** What the configuration says when it is read again. */
  rewrite(config: string): void {
    this.#source.text = config;
  }

  async predict(path: string, body: string): Promise<{ readonly status: number; readonly text: string }> {
    const response = await fetch(`${this.url}/v1/models/${path}:predict`, { method: "POST", body });
    return { status: response.status, text: await response.text() };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.server.stop();
  }
}

/** A folder that is removed after the test. */
export class TemporaryFolder implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(): Promise<TemporaryFolder> {
    return new TemporaryFolder(await mkdtemp(join(tmpdir(), "plinth-e2e-")));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

export class QuietLogger implements Logger {
  debug(_message: string, _fields?: LogFields): void {}
  info(_message: string, _fields?: LogFields): void {}
  warn(_message: string, _fields?: LogFields): void {}
  error(_message: string, _fields?: LogFields): void {}
  child(): Logger {
    return this;
  }
}
