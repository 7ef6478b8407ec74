import { once } from "node:events";
import { cp, readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { TensorProto } from "@plinth/protobuf-messages/tensorflow/tensor";
import {
  PredictionServiceDefinition,
  PredictRequest,
  PredictResponse,
} from "@plinth/protobuf-messages/tensorflow_serving/prediction_service";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { ROOT } from "../architecture/source-files.js";
import { Serving, TemporaryFolder } from "./serving.js";

const DIGITS = join(ROOT, "examples", "digits");

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
}

let folder: TemporaryFolder;
let serving: Serving;
let collector: Server;
const spans: Span[] = [];

beforeAll(async () => {
  collector = createServer(async (request, response) => {
    const { resourceSpans } = (await json(request)) as { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] };
    spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
    response.end("{}");
  });
  collector.listen(0, "127.0.0.1");
  await once(collector, "listening");
  const { port } = collector.address() as AddressInfo;
  folder = await TemporaryFolder.create();
  await cp(join(DIGITS, "models"), join(folder.path, "models"), { recursive: true });
  const config = `
storage: { use: disk, root: ./models, settleMs: 0 }
protocols: [{ use: rest, port: 0 }, { use: grpc, port: 0 }]
monitors: [{ use: opentelemetry, url: "http://127.0.0.1:${port}/v1/traces", ratio: 0, exportIntervalMs: 20 }]
`;
  serving = await Serving.start(config, join(folder.path, "config.yaml"));
});

afterAll(async () => {
  await serving[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
  collector.close();
  collector.closeAllConnections();
});

/** The spans of a trace, once the one that was there before it has as many parts as a whole request. */
function traceOf(
  traceId: string,
  parent: string,
): Promise<{ readonly request: Span; readonly parts: readonly string[] }> {
  return vi.waitFor(
    () => {
      const all = spans.filter((span) => span.traceId === traceId);
      const request =
        all.find(({ parentSpanId }) => parentSpanId === parent) ?? expect.fail("there is no such span yet");
      const parts = all.filter(({ parentSpanId }) => parentSpanId === request.spanId).map(({ name }) => name);
      expect(parts).toHaveLength(5);
      return { request, parts };
    },
    { timeout: 10_000 },
  );
}

const PARTS = ["receive", "decode", "queue", "compute", "encode"];

describe("a request within its client's trace", () => {
  it("is traced over REST", async () => {
    const [traceId, parent] = ["1".repeat(32), "a".repeat(16)];
    const body = await readFile(join(DIGITS, "seven.json"), "utf8");
    const url = `${serving.url}/v1/models/digits:predict`;
    const headers = { traceparent: `00-${traceId}-${parent}-01` };
    expect((await fetch(url, { method: "POST", body, headers })).status).toBe(200);
    const { request, parts } = await traceOf(traceId, parent);
    expect(request.name).toBe("predict digits");
    expect(parts).toEqual(PARTS);
  });

  it("is traced over gRPC", async () => {
    const [traceId, parent] = ["2".repeat(32), "b".repeat(16)];
    const tensorShape = { dim: [1n, 784n].map((size) => ({ size })) };
    const image = TensorProto.fromPartial({ dtype: 1, tensorShape, floatVal: [0] });
    const message = PredictRequest.fromPartial({
      modelSpec: { name: "digits" },
      inputs: new Map([["image", image]]),
    });
    const url = serving.server.endpoints.find((endpoint) => endpoint.url.startsWith("grpc:"))?.url ?? "";
    const client = new Client(new URL(url).host, credentials.createInsecure());
    const metadata = new Metadata();
    metadata.set("traceparent", `00-${traceId}-${parent}-01`);
    const answer = await new Promise<PredictResponse | undefined>((resolve, reject) => {
      client.makeUnaryRequest(
        `/${PredictionServiceDefinition.fullName}/Predict`,
        (each: PredictRequest) => Buffer.from(PredictRequest.encode(each).finish()),
        (bytes: Buffer) => PredictResponse.decode(bytes),
        message,
        metadata,
        (error: Error | null, response?: PredictResponse) => (error === null ? resolve(response) : reject(error)),
      );
    });
    client.close();
    expect(answer?.modelSpec?.name).toBe("digits");
    const { request, parts } = await traceOf(traceId, parent);
    expect(request.name.toLowerCase()).toBe("predict digits");
    expect(parts).toEqual(PARTS);
  });

  it("is not traced where the client says so, nor where nobody does", async () => {
    const before = spans.length;
    const body = await readFile(join(DIGITS, "seven.json"), "utf8");
    const url = `${serving.url}/v1/models/digits:predict`;
    const headers = { traceparent: `00-${"3".repeat(32)}-${"c".repeat(16)}-00` };
    await fetch(url, { method: "POST", body, headers });
    await fetch(url, { method: "POST", body });
    const [traceId, parent] = ["4".repeat(32), "d".repeat(16)];
    await fetch(url, { method: "POST", body, headers: { traceparent: `00-${traceId}-${parent}-01` } });
    await traceOf(traceId, parent);
    expect(spans).toHaveLength(before + 1 + PARTS.length);
  });
});
