import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { ROOT } from "../../architecture/source-files.js";
import { ManagementClient } from "../management-client.js";
import { Serving, TemporaryFolder } from "../serving.js";
import { tar } from "../tar.js";

export const TAR = { "content-type": "application/x-tar" };

export const CONFIG =
  "server: { pollIntervalMs: 20, protectedLabels: [stable] }\nstorage: { use: disk, root: ./models, settleMs: 0 }\n";

const DIGITS = join(ROOT, "examples", "digits");

/** A server that begins without a model, and its management API. */
export class ManagementUnderTest implements AsyncDisposable {
  readonly serving: Serving;
  readonly api: ManagementClient;
  /** Two models that tell digits. */
  readonly perceptron: Buffer;
  readonly convolutional: Buffer;
  /** The body of a request to them. */
  readonly seven: string;
  readonly #folder: TemporaryFolder;

  private constructor(
    folder: TemporaryFolder,
    serving: Serving,
    api: ManagementClient,
    [perceptron, convolutional]: readonly [Buffer, Buffer],
    seven: string,
  ) {
    this.#folder = folder;
    this.serving = serving;
    this.api = api;
    this.perceptron = perceptron;
    this.convolutional = convolutional;
    this.seven = seven;
  }

  /** @param given its configuration, and headers that its requests have */
  static async start({
    config = CONFIG,
    headers = {},
  }: {
    readonly config?: string;
    readonly headers?: Readonly<Record<string, string>>;
  } = {}): Promise<ManagementUnderTest> {
    const folder = await TemporaryFolder.create();
    const serving = await Serving.start(config, join(folder.path, "config.yaml"));
    const modelOf = (version: number) => readFile(join(DIGITS, "models", "digits", String(version), "model.onnx"));
    return new ManagementUnderTest(
      folder,
      serving,
      await ManagementClient.connect(serving.url, headers),
      [await modelOf(1), await modelOf(2)],
      await readFile(join(DIGITS, "seven.json"), "utf8"),
    );
  }

  /** Uploads a version and waits until it is served, or not. */
  async deploy(model: string, version: number, content: Uint8Array = this.perceptron): Promise<void> {
    const path = `/api/models/${model}/versions/${version}`;
    const answer = await this.api.send("PUT", path, await tar({ name: "model.onnx", content }), TAR);
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    await this.serving.server.settled();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.serving[Symbol.asyncDispose]();
    await this.#folder[Symbol.asyncDispose]();
  }
}
