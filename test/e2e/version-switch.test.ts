import { cp, mkdir, readFile, rename, rm } from "node:fs/promises";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { ROOT } from "../architecture/source-files.js";
import { Serving, TemporaryFolder } from "./serving.js";

const DIGITS = join(ROOT, "examples", "digits", "models", "digits");
const CONNECTIONS = 16;

/** Clients that ask as fast as they are answered, each on a connection of its own. */
class Load {
  readonly failures: string[] = [];
  readonly answeredBy = new Set<string>();
  answers = 0;
  #stopping = false;
  readonly #clients: Promise<void>[];

  constructor(url: string, body: string, versionOf: (answer: string) => string) {
    const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
    this.#clients = Array.from({ length: CONNECTIONS }, async () => {
      while (!this.#stopping) {
        const { status, answer } = await post(agent, url, body).catch((error) => ({
          status: 0,
          answer: String(error),
        }));
        this.answers++;
        if (status === 200) this.answeredBy.add(versionOf(answer));
        else this.failures.push(`${status} ${answer}`);
      }
    });
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#clients);
  }
}

async function post(agent: Agent, url: string, body: string): Promise<{ status: number; answer: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: "POST", agent }, (response) => {
      text(response).then((answer) => resolve({ status: response.statusCode ?? 0, answer }), reject);
    });
    sent.once("error", reject);
    sent.end(body);
  });
}

describe("a version that is dropped into a running server", () => {
  it.each(["eager", "lazy"])(
    "takes over without a failed request from 16 connections, and goes again likewise, with loading: %s",
    async (loading) => {
      await using folder = await TemporaryFolder.create();
      const root = join(folder.path, "models");
      await mkdir(root);
      await cp(join(DIGITS, "1"), join(root, "digits", "1"), { recursive: true });
      await using serving = await Serving.start(
        `server: { pollIntervalMs: 20, loading: ${loading} }\nstorage: { use: disk, root: ./models, settleMs: 50 }\n`,
        join(folder.path, "config.yaml"),
      );
      const state = (version: bigint) =>
        serving.server.models.status("digits")?.versions.find((each) => each.version === version)?.state;
      await expect.poll(() => state(1n), { timeout: 10_000 }).toBe(loading === "eager" ? "available" : "start");
      const seven = await readFile(join(ROOT, "examples", "digits", "seven.json"), "utf8");
      const first = (await serving.predict("digits", seven)).text;

      const load = new Load(`${serving.url}/v1/models/digits:predict`, seven, (answer) =>
        answer === first ? "1" : "2",
      );
      await cp(join(DIGITS, "2"), join(root, "digits", "2"), { recursive: true });
      await expect.poll(() => state(1n), { timeout: 10_000 }).toBe("end");
      expect(state(2n)).toBe("available");
      expect((await serving.predict("digits", seven)).text).not.toBe(first);

      await rename(join(root, "digits", "2"), join(root, "digits", "2.off"));
      await expect.poll(() => state(1n), { timeout: 10_000 }).toBe("available");
      await expect.poll(() => state(2n), { timeout: 10_000 }).toBe("end");
      await load.stop();

      expect(load.failures).toEqual([]);
      expect(load.answeredBy).toEqual(new Set(["1", "2"]));
      expect(load.answers).toBeGreaterThan(CONNECTIONS);
    },
  );

  it("is not served while it is half copied", async () => {
    await using folder = await TemporaryFolder.create();
    const version = join(folder.path, "models", "digits", "1");
    await mkdir(version, { recursive: true });
    await using serving = await Serving.start(
      "server: { pollIntervalMs: 20 }\nstorage: { use: disk, root: ./models, settleMs: 60000 }\n",
      join(folder.path, "config.yaml"),
    );
    await cp(join(DIGITS, "1"), version, { recursive: true });
    const looked = serving.server.storage.list({ signal: new AbortController().signal });
    expect(await looked).toEqual([{ model: "digits", versions: [] }]);
    expect(serving.server.models.status("digits")?.versions ?? []).toEqual([]);
    await rm(version, { recursive: true });
  });
});
