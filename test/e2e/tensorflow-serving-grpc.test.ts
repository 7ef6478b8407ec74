import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { status } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../architecture/source-files.js";
import { floats, ServingClient } from "../serving-client.js";
import { Serving, TemporaryFolder } from "./serving.js";

const EXAMPLE = join(ROOT, "examples", "digits");

/** All that is imported takes a while where many tests begin at once. */
const START_MS = 60_000;

let folder: TemporaryFolder;
let serving: Serving;
let client: ServingClient;
let seven: number[];

beforeAll(async () => {
  folder = await TemporaryFolder.create();
  await cp(join(EXAMPLE, "models"), join(folder.path, "models"), { recursive: true });
  const config = `
server: { pollIntervalMs: 86400000 }
storage: { use: disk, root: ./models, settleMs: 0 }
protocols: [{ use: rest, port: 0 }, { use: grpc, port: 0 }]
models: { digits: { versions: all, labels: { small: 1 } } }
`;
  serving = await Serving.start(config, join(folder.path, "config.yaml"));
  client = new ServingClient(serving.server.endpoints[1]?.url ?? "");
  seven = JSON.parse(await readFile(join(EXAMPLE, "seven.json"), "utf8")).instances[0].flat();
}, START_MS);

afterAll(async () => {
  client[Symbol.dispose]();
  await serving[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

describe("the digits over gRPC", () => {
  it("are recognised by the version that is asked for, as over REST", async () => {
    const image = floats(seven, 1, 784);
    const newest = await client.predict("digits", { image });
    expect(newest.outputs.get("digit")?.int64Val).toEqual([7n]);
    expect(newest.modelSpec?.versionChoice).toEqual({ $case: "version", value: 2n });
    const small = await client.predict(
      "digits",
      { image },
      { versionChoice: { $case: "versionLabel", value: "small" } },
    );
    expect(small.modelSpec?.versionChoice).toEqual({ $case: "version", value: 1n });
    const overRest = await serving.predict("digits/versions/1", JSON.stringify({ instances: [seven] }));
    const [{ probabilities }] = JSON.parse(overRest.text).predictions;
    expect(small.outputs.get("probabilities")?.floatVal).toEqual(probabilities.map(Math.fround));
  });

  it("are refused of a shape that the signature does not take", async () => {
    await expect(client.predict("digits", { image: floats([1, 2], 1, 2) })).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringContaining("[-1,784]"),
    });
  });

  it("are told of by the health checks", async () => {
    expect([await client.health(""), await client.health("digits")]).toEqual([1, 1]);
  });
});

describe("HandleReloadConfigRequest", () => {
  it("has other models served, until the configuration is read again", async () => {
    const elsewhere = join(EXAMPLE, "models", "digits");
    await client.replaceModels({ other: elsewhere });
    expect((await client.predict("other", { image: floats(seven, 1, 784) })).outputs.get("digit")?.int64Val).toEqual([
      7n,
    ]);
    await serving.server.settled();
    await expect(client.predict("digits", { image: floats(seven, 1, 784) })).rejects.toMatchObject({
      code: status.UNAVAILABLE,
    });
    await serving.server.reload();
    await serving.server.settled();
    expect(serving.server.models.status("digits")?.versions.map(({ state }) => state)).toEqual([
      "available",
      "available",
    ]);
  });

  it("changes nothing where the configuration does not take it", async () => {
    const wrong = client.replaceModels({ "not/a name": "/models/m" });
    await expect(wrong).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringContaining("HandleReloadConfigRequest:1:1: models"),
    });
    expect(serving.server.models.models().map(({ model }) => model)).toContain("digits");
  });
});
