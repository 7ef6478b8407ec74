import { Client, type ClientDuplexStream, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import {
  GRPCInferenceServiceDefinition,
  ModelConfigResponse,
  ModelInferRequest,
  type ModelInferResponse,
  ModelStreamInferResponse,
} from "@plinth/protobuf-messages/inference/grpc_service";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Serving, TemporaryFolder } from "./serving.js";
import { startTokens } from "./serving-tokens.js";
import { nextConversation } from "./token-backend.js";

const SERVICE = `/${GRPCInferenceServiceDefinition.fullName}`;

let folder: TemporaryFolder;
let serving: Serving;
let client: Client;

beforeAll(async () => {
  folder = await TemporaryFolder.create();
  serving = await startTokens(folder);
  const url = serving.server.endpoints.find((endpoint) => endpoint.url.startsWith("grpc:"))?.url ?? "";
  client = new Client(new URL(url).host, credentials.createInsecure());
});

afterAll(async () => {
  client.close();
  await serving[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** A `ModelStreamInfer` whose messages are read one by one. */
class StreamInfer {
  readonly call: ClientDuplexStream<object, ModelStreamInferResponse>;
  readonly #messages: AsyncIterator<ModelStreamInferResponse>;

  constructor(metadata = new Metadata()) {
    this.call = client.makeBidiStreamRequest(
      `${SERVICE}/ModelStreamInfer`,
      (request: object) => Buffer.from(ModelInferRequest.encode(ModelInferRequest.fromPartial(request)).finish()),
      (bytes: Buffer) => ModelStreamInferResponse.decode(bytes),
      metadata,
    );
    this.#messages = this.call[Symbol.asyncIterator]();
  }

  ask(id: string, parameters: Readonly<Record<string, boolean>> = {}): void {
    this.call.write({
      ...prompt(id),
      parameters: new Map(
        Object.entries(parameters).map(([name, value]) => [name, { parameterChoice: { $case: "boolParam", value } }]),
      ),
    });
  }

  /** The next message in short: its request, token, and whether it is the last of that. */
  async next(): Promise<readonly [id: string, token: string | undefined, isFinal: unknown] | string | undefined> {
    const { done, value } = await this.#messages.next();
    if (done) return undefined;
    const { errorMessage, inferResponse } = value as ModelStreamInferResponse;
    if (errorMessage !== "") return errorMessage;
    const isFinal = inferResponse?.parameters.get("triton_final_response")?.parameterChoice?.value;
    return [inferResponse?.id ?? "", tokenOf(inferResponse), isFinal];
  }
}

function prompt(id: string): object {
  const inputs = [{ name: "prompt", datatype: "BYTES", shape: [1n], contents: { bytesContents: [Buffer.from(id)] } }];
  return { modelName: "talk", id, inputs };
}

function tokenOf(response: ModelInferResponse | undefined): string | undefined {
  const index = response?.outputs.findIndex(({ name }) => name === "token") ?? -1;
  const raw = response?.rawOutputContents[index];
  return raw && Buffer.from(raw).toString("utf8", 4);
}

describe("ModelStreamInfer", () => {
  it("sends each token as soon as the model gives it, and of the end only what was asked for", async () => {
    const stream = new StreamInfer();
    stream.ask("a");
    const model = await nextConversation();
    for (const token of ["one", "two"]) {
      model.say(token);
      expect(await stream.next()).toEqual(["a", token, false]);
    }
    model.end();
    stream.ask("b", { triton_enable_empty_final_response: true });
    const other = await nextConversation();
    other.say("three");
    expect(await stream.next()).toEqual(["b", "three", false]);
    other.end();
    expect(await stream.next()).toEqual(["b", undefined, true]);
    stream.call.end();
    expect(await stream.next()).toBeUndefined();
  });

  it("mixes the answers of several requests, each with its id", async () => {
    const stream = new StreamInfer();
    stream.ask("a");
    const [a, b] = [await nextConversation(), stream.ask("b") ?? (await nextConversation())];
    a.say("a1");
    b.say("b1");
    expect([await stream.next(), await stream.next()]).toEqual([
      ["a", "a1", false],
      ["b", "b1", false],
    ]);
    b.say("b2");
    expect(await stream.next()).toEqual(["b", "b2", false]);
    a.say("a2");
    expect(await stream.next()).toEqual(["a", "a2", false]);
    a.end();
    b.end();
    stream.call.end();
    expect(await stream.next()).toBeUndefined();
  });

  it("stops every model when the client cancels", async () => {
    const stream = new StreamInfer();
    stream.ask("a");
    stream.ask("b");
    const models = [await nextConversation(), await nextConversation()];
    for (const model of models) model.say("one");
    await stream.next();
    stream.call.on("error", () => {});
    stream.call.cancel();
    await Promise.all(models.map(({ stopped }) => stopped));
  });

  it("tells of a failure in the middle by a message, and goes on", async () => {
    const stream = new StreamInfer();
    stream.ask("a");
    const model = await nextConversation();
    model.say("one");
    expect(await stream.next()).toEqual(["a", "one", false]);
    model.fail(new Error("out of words"));
    expect(await stream.next()).toBe("out of words");
    stream.ask("b");
    (await nextConversation()).say("two");
    expect(await stream.next()).toEqual(["b", "two", false]);
    stream.call.on("error", () => {});
    stream.call.cancel();
  });

  it("fails as a whole in the middle for clients that want that", async () => {
    const metadata = new Metadata();
    metadata.set("triton_grpc_error", "true");
    const stream = new StreamInfer(metadata);
    stream.ask("a");
    const model = await nextConversation();
    model.say("one");
    await stream.next();
    model.fail(new Error("out of words"));
    await expect(stream.next()).rejects.toMatchObject({ code: status.INTERNAL, details: "out of words" });
  });

  it("does not run ahead of a client that does not read", async () => {
    const stream = new StreamInfer();
    stream.ask("a");
    const model = await nextConversation();
    model.refrain = "x".repeat(64 * 1024);
    model.say(model.refrain);
    // A client of grpc-js that has not read at all takes in whatever comes.
    expect(await stream.next()).toEqual(["a", model.refrain, false]);
    let asked = -1;
    while (asked !== model.asked) {
      asked = model.asked;
      for (let others = 0; others < 20; others++) await fetch(`${serving.url}/v2/health/live`);
    }
    expect(asked, "as much as HTTP/2's windows hold").toBeLessThan(64);
    for (let token = 0; token < 100; token++) expect(await stream.next()).toMatchObject(["a", model.refrain, false]);
    stream.call.on("error", () => {});
    stream.call.cancel();
    await model.stopped;
  });
});

describe("a model that only streams", () => {
  it("is refused to ModelInfer, in the words of Triton", async () => {
    const answer = unary("ModelInfer", ModelInferRequest.encode(ModelInferRequest.fromPartial(prompt("a"))).finish());
    await expect(answer).rejects.toMatchObject({
      code: status.UNIMPLEMENTED,
      details: expect.stringContaining("doesn't support models with decoupled transaction policy"),
    });
  });

  it("says so in its configuration", async () => {
    const bytes = await unary("ModelConfig", Buffer.from("\n\x04talk"));
    expect(ModelConfigResponse.decode(bytes).config?.modelTransactionPolicy).toEqual({ decoupled: true });
    const config = await (await fetch(`${serving.url}/v2/models/talk/config`)).json();
    expect(config).toMatchObject({ model_transaction_policy: { decoupled: true } });
  });
});

function unary(method: string, message: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      `${SERVICE}/${method}`,
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes,
      Buffer.from(message),
      (error: ServiceError | null, answer?: Buffer) => (answer === undefined ? reject(error) : resolve(answer)),
    );
  });
}
