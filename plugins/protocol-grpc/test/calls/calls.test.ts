import { deflateSync, gzipSync } from "node:zlib";
import { Client, credentials, Metadata, status } from "@grpc/grpc-js";
import { ErrorInfo, RetryInfo } from "@plinth/protobuf-messages/google/rpc/error_details";
import { Status } from "@plinth/protobuf-messages/google/rpc/status";
import { TensorProto } from "@plinth/protobuf-messages/tensorflow/tensor";
import { PredictRequest, PredictResponse } from "@plinth/protobuf-messages/tensorflow_serving/prediction_service";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { GrpcUnderTest, unary } from "../grpc-under-test.js";
import { ECHO_REQUEST, PREDICT } from "../predict-client.js";
import { endOf, framed, RawClient } from "../raw-call.js";

let grpc: GrpcUnderTest;

beforeEach(async () => {
  grpc = await GrpcUnderTest.start({ limits: { maxRequestBytes: 10_000 } });
});

afterEach(async () => {
  grpc.server.letGo();
  await grpc[Symbol.asyncDispose]();
});

function outputOf(answer: Uint8Array): readonly number[] | undefined {
  return PredictResponse.decode(answer).outputs.get("y")?.floatVal;
}

describe("a call's deadline", () => {
  it("is that of the client where it is the sooner", async () => {
    await new Promise<void>((resolve, reject) => {
      const bytes = (value: Buffer) => value;
      const beganAtMs = performance.now();
      const deadline = Date.now() + 5_000;
      grpc.client.makeUnaryRequest(PREDICT, bytes, bytes, Buffer.from(ECHO_REQUEST), { deadline }, (error) => {
        const { deadlineMs = 0 } = grpc.server.lastCall ?? {};
        if (error !== null) reject(error);
        expect(deadlineMs).toBeGreaterThan(beganAtMs + 3_000);
        expect(deadlineMs).toBeLessThan(beganAtMs + 6_000);
        resolve();
      });
    });
  });

  it("ends the call when it has passed, and tells the model that nobody waits", async () => {
    grpc.server.holdUp();
    const reached = grpc.server.nextRequest();
    await using raw = await RawClient.connect(grpc.address);
    const ended = raw.send(PREDICT, framed(ECHO_REQUEST), { "grpc-timeout": "1S" });
    await reached;
    expect(await ended).toMatchObject({ status: status.DEADLINE_EXCEEDED });
    await expect.poll(() => grpc.server.lastCall?.signal?.aborted).toBe(true);
  });

  it("does not end it where a client gives up first; the model is told that, too", async () => {
    grpc.server.holdUp();
    const reached = grpc.server.nextRequest();
    const bytes = (value: Buffer) => value;
    const call = grpc.client.makeUnaryRequest(PREDICT, bytes, bytes, Buffer.from(ECHO_REQUEST), () => {});
    await reached;
    expect(grpc.server.lastCall?.signal?.aborted).toBe(false);
    call.cancel();
    await expect.poll(() => grpc.server.lastCall?.signal?.aborted).toBe(true);
  });

  it("leaves the signals of calls alone that come after one that was answered", async () => {
    await unary(grpc.client, PREDICT, ECHO_REQUEST);
    const { signal } = grpc.server.lastCall ?? {};
    await unary(grpc.client, PREDICT, ECHO_REQUEST);
    expect(signal?.aborted).toBe(false);
    expect(grpc.server.lastCall?.signal?.aborted).toBe(false);
  });
});

describe("a request that does not arrive whole", () => {
  it("is ended after server.limits.requestTimeoutMs", async () => {
    await using hasty = await GrpcUnderTest.start({ limits: { requestTimeoutMs: 100 } });
    await using raw = await RawClient.connect(hasty.address);
    const stream = raw.begin(PREDICT);
    stream.write(framed(ECHO_REQUEST).subarray(0, 9));
    expect(await endOf(stream)).toMatchObject({
      status: status.DEADLINE_EXCEEDED,
      message: expect.stringContaining("server.limits.requestTimeoutMs"),
    });
  });
});

describe("an overloaded model", () => {
  it("refuses with the time to wait, for people, programs and retry policies", async () => {
    grpc.server.isOverloaded = true;
    const failure = await unary(grpc.client, PREDICT, ECHO_REQUEST).catch((error) => error);
    expect(failure).toMatchObject({ code: status.RESOURCE_EXHAUSTED, details: "The model is overloaded" });
    const metadata = failure.metadata as Metadata;
    expect(metadata.get("grpc-retry-pushback-ms")).toEqual(["1500"]);
    const { code, details } = Status.decode(metadata.get("grpc-status-details-bin")[0] as Buffer);
    const [info, retry] = details;
    expect(code).toBe(status.RESOURCE_EXHAUSTED);
    expect(info?.typeUrl).toBe("type.googleapis.com/google.rpc.ErrorInfo");
    expect(ErrorInfo.decode(info?.value ?? Buffer.of())).toMatchObject({ reason: "QUEUE_FULL", domain: "plinth" });
    expect(RetryInfo.decode(retry?.value ?? Buffer.of())).toEqual({ retryDelay: { seconds: 1n, nanos: 500_000_000 } });
  });

  it("refuses before the tensors are read", async () => {
    grpc.server.isOverloaded = true;
    const inputs = new Map([["x", TensorProto.fromPartial({ dtype: 133 })]]);
    const torn = PredictRequest.encode(PredictRequest.fromPartial({ modelSpec: { name: "echo" }, inputs })).finish();
    await expect(unary(grpc.client, PREDICT, torn)).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED });
  });
});

describe("metadata", () => {
  it("is what sticky traffic may ask for, whatever it is called", async () => {
    const metadata = new Metadata();
    metadata.set("x-user", "anna");
    await unary(grpc.client, PREDICT, ECHO_REQUEST, metadata);
    const { header } = grpc.server.lastTarget ?? {};
    expect(["x-user", "x-other", "no header: at all"].map((name) => header?.(name))).toEqual([
      "anna",
      undefined,
      undefined,
    ]);
  });
});

describe("the metadata priority", () => {
  it.each<[string | undefined, number | undefined]>([
    ["u=0", 3],
    [undefined, undefined],
    ["soon", undefined],
  ])("of %s is the priority %s", async (urgency, priority) => {
    const metadata = new Metadata();
    if (urgency !== undefined) metadata.set("priority", urgency);
    await unary(grpc.client, PREDICT, ECHO_REQUEST, metadata);
    expect(grpc.server.lastCall?.priority).toBe(priority);
  });
});

describe("compressed requests", () => {
  it.each([
    ["gzip", gzipSync],
    ["deflate", deflateSync],
  ] as const)("are unpacked from %s", async (encoding, pack) => {
    await using raw = await RawClient.connect(grpc.address);
    const { status: code, body } = await raw.send(PREDICT, framed(pack(ECHO_REQUEST), true), {
      "grpc-encoding": encoding,
    });
    expect(code).toBe(status.OK);
    expect(outputOf(body.subarray(5))).toEqual([1, 2]);
  });

  it.each<[string, Uint8Array, string, number]>([
    ["that unpack to too much", gzipSync(Buffer.alloc(1_000_000)), "gzip", status.RESOURCE_EXHAUSTED],
    ["that are damaged", Buffer.from("no gzip"), "gzip", status.INTERNAL],
    ["by a way that is not known", ECHO_REQUEST, "snappy", status.UNIMPLEMENTED],
  ])("are refused %s", async (_what, bytes, encoding, code) => {
    await using raw = await RawClient.connect(grpc.address);
    expect(await raw.send(PREDICT, framed(bytes, true), { "grpc-encoding": encoding })).toMatchObject({ status: code });
  });
});

describe("what is no request", () => {
  it.each<[string, string, Uint8Array, number]>([
    ["no message", PREDICT, Buffer.of(), status.INVALID_ARGUMENT],
    ["two messages", PREDICT, Buffer.concat([framed(ECHO_REQUEST), framed(ECHO_REQUEST)]), status.INVALID_ARGUMENT],
    ["an empty message", PREDICT, framed(Buffer.of()), status.INVALID_ARGUMENT],
    ["bytes that are no message", PREDICT, framed(Buffer.from("GET / HTTP/1.1")), status.INVALID_ARGUMENT],
    ["a message past server.limits.maxRequestBytes", PREDICT, framed(Buffer.alloc(10_001)), status.RESOURCE_EXHAUSTED],
    [
      "a message whose announced length is past it",
      PREDICT,
      Buffer.of(0, 0x7f, 0xff, 0xff, 0xff),
      status.RESOURCE_EXHAUSTED,
    ],
    [
      "a method that is not there",
      "/tensorflow.serving.PredictionService/Guess",
      framed(ECHO_REQUEST),
      status.UNIMPLEMENTED,
    ],
    [
      "bytes that are no request for metadata",
      "/tensorflow.serving.PredictionService/GetModelMetadata",
      framed(Buffer.of(0x0a, 9)),
      status.INVALID_ARGUMENT,
    ],
  ])("is refused: %s", async (_what, path, bytes, code) => {
    await using raw = await RawClient.connect(grpc.address);
    expect(await raw.send(path, bytes)).toMatchObject({ status: code, message: expect.stringMatching(/.{10}/) });
    expect(outputOf(await unary(grpc.client, PREDICT, ECHO_REQUEST))).toEqual([1, 2]);
  });

  it("is told in a message that no client finds too long, nor the server itself wrong", async () => {
    const name = "\u{1F600}".repeat(900);
    const request = PredictRequest.encode(PredictRequest.fromPartial({ modelSpec: { name } })).finish();
    const failure = await unary(grpc.client, PREDICT, request).catch((error) => error);
    expect(failure).toMatchObject({ code: status.NOT_FOUND, details: expect.stringMatching(/\.\.\.TRUNCATED$/) });
    expect(Buffer.byteLength(failure.details)).toBeLessThan(1_100);
  });

  it("never is more than one call's fault, whatever its bytes are", async () => {
    await using raw = await RawClient.connect(grpc.address);
    const mutated = fc.tuple(fc.nat(ECHO_REQUEST.length - 1), fc.nat(255)).map(([at, byte]) => {
      const bytes = Buffer.from(ECHO_REQUEST);
      bytes[at] = byte;
      return bytes;
    });
    await fc.assert(
      fc.asyncProperty(fc.oneof(mutated, fc.uint8Array({ maxLength: 64 })), async (bytes) => {
        const { status: code } = await raw.send(PREDICT, framed(bytes));
        expect([status.OK, status.INVALID_ARGUMENT, status.NOT_FOUND]).toContain(code);
      }),
      { numRuns: 200 },
    );
    expect(outputOf(await unary(grpc.client, PREDICT, ECHO_REQUEST))).toEqual([1, 2]);
  });
});

describe("draining", () => {
  it("tells clients to go elsewhere, and answers what they have begun", async () => {
    await using raw = await RawClient.connect(grpc.address);
    grpc.server.holdUp();
    const reached = grpc.server.nextRequest();
    const answer = raw.send(PREDICT, framed(ECHO_REQUEST));
    await reached;
    const goaway = new Promise((resolve) => raw.session.once("goaway", resolve));
    const drained = grpc.protocol.drain({ signal: new AbortController().signal });
    await goaway;
    grpc.server.letGo();
    expect(await answer).toMatchObject({ status: status.OK });
    await drained;
  });
});

describe("connections", () => {
  it("are as many as server.limits.maxConnections says", async () => {
    await using few = await GrpcUnderTest.start({ limits: { maxConnections: 1 } });
    await using _first = await RawClient.connect(few.address);
    const second = new Client(few.address, credentials.createInsecure());
    const failure = await unary(second, PREDICT, ECHO_REQUEST).catch((error) => error);
    second.close();
    expect(failure).toMatchObject({ code: status.UNAVAILABLE });
  });

  it("end when they have been idle for as long as the options say", async () => {
    await using idle = await GrpcUnderTest.start({ options: { keepAlive: { maxIdleMs: 20 } } });
    await using raw = await RawClient.connect(idle.address);
    await new Promise((resolve) => raw.session.once("close", resolve));
  });

  it("have as many calls under way as the options say", async () => {
    await using narrow = await GrpcUnderTest.start({ options: { maxConcurrentStreams: 3 } });
    await using raw = await RawClient.connect(narrow.address);
    await expect.poll(() => raw.session.remoteSettings.maxConcurrentStreams).toBe(3);
  });
});
