import { createHash } from "node:crypto";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import type { VersionFileList, VersionList } from "@plinth/management";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ManagementClient } from "../management-client.js";
import { namesAndDigests, tar } from "../tar.js";
import { ManagementUnderTest, TAR } from "./management-under-test.js";

let subject: ManagementUnderTest;
let api: ManagementClient;

beforeAll(async () => {
  subject = await ManagementUnderTest.start();
  api = subject.api;
});

afterAll(() => subject[Symbol.asyncDispose]());

describe("uploads of versions", () => {
  it("come back as they were sent", async () => {
    const files = [
      { name: "./model.onnx", content: subject.perceptron },
      { name: "notes/a b.txt", content: Buffer.from("hello") },
    ];
    const packed = gzipSync(await tar({ name: "notes/", type: "directory" }, ...files));
    const digest = createHash("sha256").update(packed).digest("base64");
    const answer = await api.send("POST", "/api/models/copies/versions", packed, {
      "content-type": "application/gzip",
      "content-digest": `sha-256=:${digest}:`,
    });
    expect(answer).toMatchObject({
      status: 201,
      body: { version: { version: "1" }, revision: { action: { kind: "publish" } } },
    });
    expect(answer.headers.get("location")).toBe("/api/models/copies/versions/1");
    const download = await api.get<Buffer>("/api/models/copies/versions/1/content");
    const { body: listed } = await api.get<VersionFileList>("/api/models/copies/versions/1/files");
    const sha256 = createHash("sha256").update(subject.perceptron).digest("hex");
    expect(listed.items).toMatchObject([
      { path: "model.onnx", bytes: subject.perceptron.length, sha256 },
      { path: "notes/a b.txt", bytes: 5 },
    ]);
    const expected = await tar(...files.map(({ name, content }) => ({ name: name.replace("./", ""), content })));
    expect(await namesAndDigests(download.body)).toEqual(await namesAndDigests(expected));
  });

  it("may come as a form", async () => {
    const form = new FormData();
    form.append("file", new Blob([new Uint8Array(subject.perceptron)]), "model.onnx");
    form.append("file", new Blob(["hello"]), "notes/a.txt");
    const response = await fetch(`${subject.serving.url}/api/models/forms/versions`, { method: "POST", body: form });
    expect(response.status, await response.clone().text()).toBe(201);
    await using files = await subject.serving.server.storage.open("forms", 1n, {
      signal: new AbortController().signal,
    });
    expect(files.files.map(({ path }) => path)).toEqual(["model.onnx", "notes/a.txt"]);
  });

  it.each([
    ["a path that leads out", () => tar({ name: "../evil", content: Buffer.from("x") })],
    ["an absolute path", () => tar({ name: "/etc/evil", content: Buffer.from("x") })],
    ["a symbolic link", () => tar({ name: "evil", type: "symlink", linkname: "/etc/passwd" })],
    ["a hard link", () => tar({ name: "evil", type: "link", linkname: "model.onnx" })],
    ["a device", () => tar({ name: "evil", type: "character-device" })],
    [
      "the same path twice",
      () => tar({ name: "a", content: Buffer.from("x") }, { name: "a", content: Buffer.from("y") }),
    ],
    ["no file at all", () => tar({ name: "empty/", type: "directory" })],
    [
      "a tar that is cut",
      async () => (await tar({ name: "model.onnx", content: subject.perceptron })).subarray(0, 5_000),
    ],
    ["no tar", async () => Buffer.from("hello ".repeat(200))],
    ["nothing", async () => Buffer.alloc(0)],
  ])("are refused with %s, and nothing remains", async (_name, body) => {
    const answer = await api.send("PUT", "/api/models/hostile/versions/1", await body(), TAR);
    expect(answer).toMatchObject({ status: 400, body: { reason: "FILES_INVALID" } });
    expect((await api.get("/api/models/hostile")).status).toBe(404);
  });

  it("are refused with a wrong digest, an unknown media type, a bad number, and where they exist", async () => {
    const body = await tar({ name: "model.onnx", content: subject.perceptron });
    const path = "/api/models/refused/versions/1";
    const digest = `sha-256=:${createHash("sha256").update("other").digest("base64")}:`;
    const wrong = await api.send("PUT", path, body, { ...TAR, "content-digest": digest });
    expect(wrong).toMatchObject({ status: 400, body: { reason: "FILES_INVALID" } });
    const zip = await api.send("PUT", path, body, { "content-type": "application/zip" });
    expect(zip).toMatchObject({ status: 415, body: { reason: "MEDIA_TYPE_UNSUPPORTED" } });
    expect((await api.send("PUT", "/api/models/refused/versions/-1", body, TAR)).status).toBe(400);
    expect((await api.send("PUT", path, body, TAR)).status).toBe(201);
    expect(await api.send("PUT", path, body, TAR)).toMatchObject({ status: 409, body: { reason: "VERSION_EXISTS" } });
  });

  it("with a key are done once, and are known by their digest when they come again", async () => {
    const path = "/api/models/once/versions";
    const content = await tar({ name: "model.onnx", content: subject.perceptron });
    const digestOf = (bytes: Buffer) => `sha-256=:${createHash("sha256").update(bytes).digest("base64")}:`;
    const send = (body: Buffer, digest?: string) =>
      api.send("POST", path, body, {
        ...TAR,
        "idempotency-key": "upload-1",
        ...(digest !== undefined && { "content-digest": digest }),
      });
    expect(await send(content)).toMatchObject({ status: 400, body: { reason: "REQUEST_INVALID" } });
    const first = await send(content, digestOf(content));
    expect(first).toMatchObject({ status: 201, body: { version: { version: "1" } } });
    expect((await send(content, digestOf(content))).body).toEqual(first.body);
    const other = await tar({ name: "model.onnx", content: subject.convolutional });
    expect(await send(other, digestOf(other))).toMatchObject({
      status: 422,
      body: { reason: "IDEMPOTENCY_KEY_REUSED" },
    });
    expect((await api.get<VersionList>(path)).body.items).toHaveLength(1);
  });

  it("leave nothing when the client goes away in the middle", async () => {
    const { hostname, port } = new URL(subject.serving.url);
    const body = await tar({ name: "model.onnx", content: subject.perceptron });
    const socket = connect(Number(port), hostname);
    socket.write(
      `PUT /api/models/gone/versions/1 HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Type: application/x-tar\r\n` +
        `Content-Length: ${body.length}\r\n\r\n`,
    );
    await new Promise<void>((resolve) => socket.write(body.subarray(0, 10_000), () => resolve()));
    socket.destroy();
    await subject.deploy("after-gone", 1);
    expect((await api.get("/api/models/gone")).status).toBe(404);
  });
});
