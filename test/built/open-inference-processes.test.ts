import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, credentials } from "@grpc/grpc-js";
import {
  GRPCInferenceServiceDefinition,
  type ModelStatisticsResponse,
} from "@plinth/protobuf-messages/inference/grpc_service";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ROOT } from "../architecture/source-files.js";
import { RunningCommand } from "./running-command.js";

const PLINTH = join(ROOT, "cli", "bin", "plinth.js");
const DIGITS = join(ROOT, "examples", "digits", "models", "digits");
const UNTIL = { timeout: 20_000, interval: 50 };
const { methods } = GRPCInferenceServiceDefinition;

let folder: string;
let server: RunningCommand;
let url: string;
let client: Client;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "plinth-open-inference-"));
  await cp(join(DIGITS, "1"), join(folder, "models", "digits", "1"), { recursive: true });
  const config = join(folder, "config.yaml");
  await writeFile(
    config,
    "server: { processes: 2, pollIntervalMs: 20 }\nstorage: { use: disk, root: ./models, settleMs: 0 }\n" +
      "protocols: [{ use: rest, port: 0 }, { use: grpc, port: 0 }]\n",
  );
  server = new RunningCommand(process.execPath, [PLINTH, "serve", config], folder);
  url = (await server.line(/(http:\/\/[^\s,]+)/))[1] ?? "";
  const address = (await server.line(/grpc:\/\/([^\s,]+)/))[1] ?? "";
  client = new Client(address, credentials.createInsecure());
});

afterEach(async () => {
  client.close();
  await server.stop().catch(() => {});
  await rm(folder, { recursive: true });
});

async function post(path: string, body = ""): Promise<unknown> {
  return (await fetch(`${url}/v2/${path}`, { method: "POST", body })).json();
}

async function get(path: string): Promise<unknown> {
  return (await fetch(`${url}/v2/${path}`)).json();
}

interface UnaryDefinition<Request, Response> {
  readonly name: string;
  readonly requestType: { encode(request: Request): { finish(): Uint8Array } };
  readonly responseType: { decode(bytes: Uint8Array): Response };
}

function call<Request, Response>(method: UnaryDefinition<Request, Response>, request: Request): Promise<Response> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      `/inference.GRPCInferenceService/${method.name}`,
      (message: Request) => Buffer.from(method.requestType.encode(message).finish()),
      (bytes: Buffer) => method.responseType.decode(bytes),
      request,
      (error, answer) => (error === null && answer !== undefined ? resolve(answer) : reject(error)),
    );
  });
}

describe("the Open Inference Protocol over several processes", () => {
  it("loads, unloads and counts in the process that decides, over REST and gRPC", async () => {
    const image = { name: "image", shape: [1, 784], datatype: "FP32", data: new Array(784).fill(0) };
    for (let count = 0; count < 4; count++) {
      expect(await post("models/digits/infer", JSON.stringify({ inputs: [image] }))).toHaveProperty("outputs");
    }
    const counted = async () => {
      const { model_stats } = (await get("models/digits/stats")) as { model_stats: { inference_count: number }[] };
      return model_stats[0]?.inference_count;
    };
    await expect.poll(counted, UNTIL).toBe(4);
    const statistics: ModelStatisticsResponse = await call(methods.modelStatistics, { name: "digits", version: "1" });
    expect(statistics.modelStats[0]?.inferenceStats?.success?.count).toBe(4n);

    expect(await post("repository/models/digits/unload")).toEqual({ name: "digits", unload: true });
    expect((await fetch(`${url}/v2/models/digits/ready`)).status).toBe(503);
    const asked = { repositoryName: "", modelName: "digits", parameters: new Map() };
    await call(methods.repositoryModelLoad, asked);
    expect(await get("models/digits/ready")).toEqual({ name: "digits", ready: true });
    await call(methods.repositoryModelUnload, asked);
    expect(await call(methods.modelReady, { name: "digits", version: "" })).toEqual({ ready: false });
    expect(await post("repository/models/digits/load")).toEqual({ name: "digits", load: true });
    await expect(call(methods.repositoryModelLoad, { ...asked, modelName: "nope" })).rejects.toThrow(
      "failed to load 'nope'",
    );
  });
});
