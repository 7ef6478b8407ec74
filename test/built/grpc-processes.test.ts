import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ROOT } from "../architecture/source-files.js";
import { floats, ServingClient } from "../serving-client.js";
import { RunningCommand } from "./running-command.js";

const PLINTH = join(ROOT, "cli", "bin", "plinth.js");
const EXAMPLE = join(ROOT, "examples", "digits");
const CONNECTIONS = 8;

let folder: string;
let server: RunningCommand;
let urls: readonly string[];
let seven: number[];
let clients: ServingClient[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "plinth-grpc-"));
  await cp(join(EXAMPLE, "models", "digits", "1"), join(folder, "models", "digits", "1"), { recursive: true });
  seven = JSON.parse(await readFile(join(EXAMPLE, "seven.json"), "utf8")).instances[0].flat();
});

/** Starts two processes with these protocols, and connects to each address of gRPC that they tell. */
async function serve(protocols: string): Promise<void> {
  const config = join(folder, "config.yaml");
  await writeFile(
    config,
    "server: { processes: 2, pollIntervalMs: 20 }\nstorage: { use: disk, root: ./models, settleMs: 0 }\n" +
      `protocols: ${protocols}\n`,
  );
  server = new RunningCommand(process.execPath, [PLINTH, "serve", config], folder);
  urls = ((await server.line(/^Plinth listens on (.+)$/))[1] ?? "").split(", ");
  await server.line(/^Ready after/);
  const addresses = urls.filter((url) => !url.startsWith("http:"));
  clients = addresses.flatMap((url) => Array.from({ length: CONNECTIONS }, () => new ServingClient(url)));
}

afterEach(async () => {
  for (const client of clients) client[Symbol.dispose]();
  await server.stop().catch(() => {});
  await rm(folder, { recursive: true });
});

function predictEach(model: string) {
  return Promise.all(clients.map((client) => client.predict(model, { image: floats(seven, 1, 784) })));
}

describe("gRPC with several processes", () => {
  it("is answered by all of them, on the port and on the socket", async () => {
    await serve("[{ use: grpc, port: 0, socketPath: ./grpc.sock }]");
    expect(urls).toHaveLength(2);
    const answers = await predictEach("digits");
    expect(answers.map(({ outputs }) => outputs.get("digit")?.int64Val)).toEqual(clients.map(() => [7n]));
    expect(await server.stop()).toBe(0);
  });

  it("applies other models to all of them, whichever was asked", async () => {
    await serve("[{ use: grpc, port: 0, socketPath: ./grpc.sock }]");
    const [first] = clients;
    await first?.replaceModels({ other: join(folder, "models", "digits") });
    const answers = await predictEach("other");
    expect(answers.map(({ modelSpec }) => modelSpec?.name)).toEqual(clients.map(() => "other"));
    expect(await Promise.all(clients.map((client) => client.health("other")))).toEqual(clients.map(() => 1));
  });

  it("is answered by all of them on the port of REST, and so is REST", async () => {
    await serve("[{ use: rest, port: 0 }, { use: grpc, port: shared, socketPath: ./grpc.sock }]");
    expect(urls).toHaveLength(3);
    const [http = ""] = urls;
    const body = JSON.stringify({ instances: [seven] });
    const [overGrpc, overRest] = await Promise.all([
      predictEach("digits"),
      Promise.all(clients.map(() => fetch(`${http}/v1/models/digits:predict`, { method: "POST", body }))),
    ]);
    expect(overGrpc.map(({ outputs }) => outputs.get("digit")?.int64Val)).toEqual(clients.map(() => [7n]));
    expect(overRest.map(({ status }) => status)).toEqual(clients.map(() => 200));
    expect(await server.stop()).toBe(0);
  });
});
