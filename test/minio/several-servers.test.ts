import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Client } from "minio";
import { pack } from "tar-stream";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ROOT } from "../architecture/source-files.js";
import { RunningCommand } from "../built/running-command.js";

const execute = promisify(execFile);
const PLINTH = join(ROOT, "cli", "bin", "plinth.js");
const BUCKET = "plinth-servers";
const POLL_INTERVAL_MS = 5_000;

interface RunningServer {
  readonly command: RunningCommand;
  readonly url: string;
}

const endpoint = new URL(process.env.S3_ENDPOINT ?? "http://S3_ENDPOINT-is-not-set");
const client = new Client({
  endPoint: endpoint.hostname,
  port: Number(endpoint.port),
  useSSL: endpoint.protocol === "https:",
  accessKey: process.env.AWS_ACCESS_KEY_ID ?? "",
  secretKey: process.env.AWS_SECRET_ACCESS_KEY ?? "",
});

let folder: string;
let prefix: string;
let servers: RunningServer[];

beforeEach(async () => {
  if (!(await client.bucketExists(BUCKET))) await client.makeBucket(BUCKET);
  folder = await mkdtemp(join(tmpdir(), "plinth-servers-"));
  prefix = randomUUID();
  servers = await Promise.all([1, 2, 3].map(startServer));
});

afterEach(async () => {
  await Promise.all(servers.map(({ command }) => command.stop("SIGKILL")));
  await rm(folder, { recursive: true, force: true });
});

it("three servers over one bucket serve what is published through one, and agree on labels and history", async () => {
  const [first, second, third] = servers as [RunningServer, RunningServer, RunningServer];
  await plinth(first, "push", "digits", join(ROOT, "examples/digits/models/digits/1"), "--model-version", "1");
  await untilAllServe(1n);
  await plinth(second, "push", "digits", join(ROOT, "examples/digits/models/digits/2"), "--model-version", "2");
  await untilAllServe(2n);
  expect(await predictions()).toEqual([7, 7, 7]);

  await Promise.all([
    plinth(first, "label", "digits", "stable", "2", "--why", "through the first"),
    plinth(second, "label", "digits", "canary", "2", "--why", "through the second"),
    plinth(third, "label", "digits", "next", "2", "--why", "through the third"),
  ]);
  await expect.poll(() => agreement("/api/models/digits/labels"), { timeout: 2 * POLL_INTERVAL_MS }).toBe(true);
  await expect.poll(() => agreement("/api/history"), { timeout: 2 * POLL_INTERVAL_MS }).toBe(true);
  const labels = JSON.stringify(await get(first, "/api/models/digits/labels"));
  for (const label of ["stable", "canary", "next"]) expect(labels).toContain(`"${label}"`);
  expect(JSON.stringify(await get(third, "/api/history"))).toContain("through the second");
});

it("a server that is killed in the middle of a publish leaves nothing, and another publishes that version", async () => {
  const [first, second] = servers as [RunningServer, RunningServer, RunningServer];
  const model = join(ROOT, "examples/digits/models/digits/1");
  await plinth(first, "push", "digits", model, "--model-version", "1");
  await untilAllServe(1n);

  const halfSent = pack();
  const upload = request(`${first.url}/api/models/digits/versions/2`, {
    method: "PUT",
    headers: { "content-type": "application/x-tar" },
  });
  halfSent.pipe(upload);
  const entry = halfSent.entry({ name: "model.onnx", size: 64 * 1024 ** 2 });
  for (const stream of [upload, halfSent, entry]) stream.on("error", () => {});
  entry.write(Buffer.alloc(20 * 1024 ** 2));
  await expect.poll(() => noteOf(2), { timeout: 30_000 }).toMatchObject({ state: "publishing" });
  await first.command.stop("SIGKILL");
  servers.splice(0, 1);

  const versions = async () => JSON.stringify(await get(second, "/api/models/digits/versions"));
  expect(await versions()).not.toContain('"version":"2"');
  await plinth(second, "push", "digits", model, "--model-version", "2");
  await untilAllServe(2n);
  expect(await noteOf(2)).toMatchObject({ state: "published" });
  expect(await predictions()).toEqual([7, 7]);
});

async function startServer(number: number): Promise<RunningServer> {
  const config = join(folder, `server-${number}.yaml`);
  const storage = { use: "s3", bucket: BUCKET, prefix, endpoint: endpoint.origin, cacheDirectory: `./cache-${number}` };
  const text = { server: { pollIntervalMs: POLL_INTERVAL_MS }, storage, protocols: [{ use: "rest", port: 0 }] };
  await writeFile(config, JSON.stringify(text));
  const command = new RunningCommand(process.execPath, [PLINTH, "serve", config], folder);
  const [, url = ""] = await command.line(/^Plinth listens on (\S+)/);
  return { command, url };
}

async function plinth({ url }: RunningServer, ...words: readonly string[]): Promise<void> {
  const env = {
    ...process.env,
    PLINTH_SERVER: url,
    XDG_STATE_HOME: join(folder, "state"),
    XDG_CACHE_HOME: join(folder, "cache"),
  };
  await execute(process.execPath, [PLINTH, ...words], { cwd: folder, env });
}

/** Within two looks into the bucket, and the time that loading takes. */
async function untilAllServe(version: bigint): Promise<void> {
  const states = () =>
    Promise.all(
      servers.map(async (server) => {
        const status = await get(server, `/v1/models/digits/versions/${version}`);
        return JSON.stringify(status).includes('"AVAILABLE"');
      }),
    );
  await expect.poll(states, { timeout: 2 * POLL_INTERVAL_MS }).toEqual(servers.map(() => true));
}

async function predictions(): Promise<number[]> {
  const body = await readFile(join(ROOT, "examples/digits/seven.json"), "utf8");
  return Promise.all(
    servers.map(async ({ url }) => {
      const response = await fetch(`${url}/v1/models/digits:predict`, { method: "POST", body });
      return ((await response.json()) as { predictions: { digit: number }[] }).predictions[0]?.digit ?? -1;
    }),
  );
}

async function agreement(path: string): Promise<boolean> {
  const answers = await Promise.all(servers.map(async (server) => JSON.stringify(await get(server, path))));
  return answers.every((answer) => answer === answers[0]);
}

async function get({ url }: RunningServer, path: string): Promise<unknown> {
  return (await fetch(`${url}${path}`)).json();
}

async function noteOf(version: number): Promise<unknown> {
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of await client.getObject(BUCKET, `${prefix}/.plinth/versions/digits/${version}`))
      chunks.push(chunk);
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    return undefined;
  }
}
