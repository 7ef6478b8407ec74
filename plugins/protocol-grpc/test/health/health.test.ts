import { Metadata, status } from "@grpc/grpc-js";
import {
  HealthCheckResponse_ServingStatus as Health,
  HealthCheckRequest,
  HealthCheckResponse,
  HealthDefinition,
} from "@plinth/protobuf-messages/grpc/health/v1/health";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FunctionsServer } from "../functions-server.js";
import { GrpcUnderTest } from "../grpc-under-test.js";
import { halfPlusTwo, version } from "../half-plus-two.js";

let grpc: GrpcUnderTest<FunctionsServer>;

beforeEach(async () => {
  grpc = await GrpcUnderTest.start({ server: new FunctionsServer([halfPlusTwo()]) });
});

afterEach(() => grpc[Symbol.asyncDispose]());

async function check(service: string): Promise<number> {
  return (await grpc.call(HealthDefinition, HealthDefinition.methods.check, { service })).status;
}

function loadingModel() {
  const model = halfPlusTwo();
  return { ...model, status: { ...model.status, versions: [version(123n, { state: "loading" })] } };
}

describe("Check", () => {
  it.each(["", "tensorflow.serving.PredictionService", "PredictionService", "ModelService", "half_plus_two"])(
    "finds %j well while its model is available",
    async (service) => {
      expect(await check(service)).toBe(Health.SERVING);
    },
  );

  it("tells the whole as not serving where a model is not available", async () => {
    grpc.server.ready = { ready: false, reasons: ["Model m is loading"] };
    expect(await check("")).toBe(Health.NOT_SERVING);
    expect(await check("PredictionService")).toBe(Health.SERVING);
  });

  it("tells a model as not serving where none of its versions answers, unless a request has one loaded", async () => {
    grpc.server.change(loadingModel());
    expect(await check("half_plus_two")).toBe(Health.NOT_SERVING);
    const model = halfPlusTwo();
    const onDemand = [version(123n, { state: "start", onDemand: true })];
    grpc.server.change({ ...model, status: { ...model.status, versions: onDemand } });
    expect(await check("half_plus_two")).toBe(Health.SERVING);
  });

  it("does not know what is neither a service nor a model", async () => {
    await expect(check("nobody")).rejects.toMatchObject({ code: status.NOT_FOUND });
  });
});

function watch(service: string) {
  return grpc.client.makeServerStreamRequest(
    "/grpc.health.v1.Health/Watch",
    (request: HealthCheckRequest) => Buffer.from(HealthCheckRequest.encode(request).finish()),
    (bytes: Buffer) => HealthCheckResponse.decode(bytes).status,
    { service },
    new Metadata(),
  );
}

describe("Watch", () => {
  it("tells each change, and stops when the client does", async () => {
    const call = watch("half_plus_two");
    const told: number[] = [];
    call.on("data", (health: number) => told.push(health));
    call.on("error", () => {});
    await expect.poll(() => told).toEqual([Health.SERVING]);
    grpc.server.change(loadingModel());
    await expect.poll(() => told).toEqual([Health.SERVING, Health.NOT_SERVING]);
    grpc.server.change(loadingModel());
    grpc.server.change(halfPlusTwo());
    await expect.poll(() => told).toEqual([Health.SERVING, Health.NOT_SERVING, Health.SERVING]);
    expect(grpc.server.watcherCount).toBe(1);
    call.cancel();
    await expect.poll(() => grpc.server.watcherCount).toBe(0);
  });

  it("goes on where the service is not known, since it may come to be", async () => {
    const call = watch("later");
    const told: number[] = [];
    call.on("data", (health: number) => told.push(health));
    call.on("error", () => {});
    await expect.poll(() => told).toEqual([Health.SERVICE_UNKNOWN]);
    grpc.server.change(halfPlusTwo("later"));
    await expect.poll(() => told).toEqual([Health.SERVICE_UNKNOWN, Health.SERVING]);
    call.cancel();
  });

  it("does not hold up a server that is to stop", async () => {
    const call = watch("");
    call.on("error", () => {});
    await new Promise((resolve) => call.once("data", resolve));
    const ended = new Promise((resolve) => call.once("close", resolve));
    await grpc.protocol.drain({ signal: new AbortController().signal });
    await ended;
  });
});
