import type { ServerStatisticsDocument, VersionStatisticsDocument } from "@plinth/management";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ManagementClient } from "../management-client.js";
import { ManagementUnderTest } from "./management-under-test.js";

interface Series {
  readonly series: readonly { readonly requests: number }[];
}

let subject: ManagementUnderTest;
let api: ManagementClient;

beforeAll(async () => {
  subject = await ManagementUnderTest.start();
  api = subject.api;
});

afterAll(() => subject[Symbol.asyncDispose]());

describe("statistics", () => {
  it("tell of each request exactly, in totals, windows and the series", async () => {
    await subject.deploy("counted", 1, subject.perceptron);
    const { seven: body } = subject;
    for (let request = 0; request < 20; request++)
      expect((await subject.serving.predict("counted", body)).status).toBe(200);
    for (const wrong of ["no JSON", '{"inputs": [1]}'])
      expect((await subject.serving.predict("counted", wrong)).status).toBe(400);
    expect((await subject.serving.predict("counted/versions/9", body)).status).toBe(404);
    expect((await subject.serving.predict("made-up", body)).status).toBe(404);

    const { body: version } = await api.get<VersionStatisticsDocument & Series>(
      "/api/models/counted/versions/1/statistics",
    );
    expect(version).toMatchObject({
      model: "counted",
      version: "1",
      inFlight: 0,
      queued: 0,
      minute: { requests: 22, failed: 2, errors: { INVALID_ARGUMENT: 2 } },
      total: { succeeded: { count: 20 }, decode: { count: 20 }, encode: { count: 20 }, executions: 20, inferences: 20 },
    });
    const { latency, queue, compute } = version.hour;
    expect(latency?.p50).toBeGreaterThan((queue?.p50 ?? 0) + (compute?.p50 ?? 0));
    expect(latency?.p99).toBeLessThanOrEqual(latency?.max ?? 0);
    const ofSeries = version.series.reduce((sum, { requests }) => sum + requests, 0);
    expect(ofSeries).toBe(22);
    expect((await api.get("/api/models/counted/statistics")).body).toMatchObject({
      versions: [{ version: "1" }],
      unrouted: { NOT_FOUND: 1 },
    });
    const { body: all } = await api.get<ServerStatisticsDocument>("/api/statistics");
    expect(all.unknownModels.NOT_FOUND).toBeGreaterThanOrEqual(1);
    expect(all.processes).toMatchObject([{ role: "main", pid: process.pid }]);
    expect(JSON.stringify(all)).not.toContain("made-up");
  });

  it("are not there of what was never loaded", async () => {
    expect((await api.get("/api/models/made-up/statistics")).status).toBe(404);
    expect((await api.get("/api/models/counted/versions/9/statistics")).status).toBe(404);
  });
});
