import { createHash } from "node:crypto";
import type { Upload, UploadList, Version } from "@plinth/management";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ManagementClient } from "../management-client.js";
import { ManagementUnderTest } from "./management-under-test.js";

let subject: ManagementUnderTest;
let api: ManagementClient;

beforeAll(async () => {
  subject = await ManagementUnderTest.start();
  api = subject.api;
});

afterAll(() => subject[Symbol.asyncDispose]());

describe("uploads in parts", () => {
  it("go on where they were", async () => {
    const sha256 = createHash("sha256").update(subject.perceptron).digest("hex");
    const file = { path: "model.onnx", bytes: subject.perceptron.length, sha256 };
    const begun = await api.send<Upload>("POST", "/api/uploads", { model: "parts", version: "5", files: [file] });
    expect(begun).toMatchObject({ status: 201, body: { files: [{ received: 0 }] } });
    const path = begun.headers.get("location") ?? "";
    const send = (offset: number, part: Uint8Array) =>
      api.send<Upload>("PATCH", `${path}/files/0`, part, {
        "content-type": "application/octet-stream",
        "upload-offset": String(offset),
      });
    expect((await send(0, subject.perceptron.subarray(0, 1_000))).body.files[0]?.received).toBe(1_000);
    expect(await api.send("POST", `${path}/complete`)).toMatchObject({
      status: 409,
      body: { reason: "UPLOAD_INCOMPLETE" },
    });
    expect(await send(0, subject.perceptron)).toMatchObject({ status: 409, body: { expectedOffset: 1_000 } });
    expect((await api.get<Upload>(path)).body.files[0]?.received).toBe(1_000);
    expect((await send(1_000, subject.perceptron.subarray(1_000))).status).toBe(200);
    expect(await api.send("POST", `${path}/complete`)).toMatchObject({
      status: 201,
      body: { version: { version: "5" } },
    });
    expect((await api.get(path)).status).toBe(404);
    await subject.serving.server.settled();
    expect((await api.get<Version>("/api/models/parts/versions/5")).body.state).toBe("available");
  });

  it("are checked, are listed, and can be dropped", async () => {
    const file = { path: "model.onnx", bytes: 5, sha256: "0".repeat(64) };
    const begun = await api.send<Upload>("POST", "/api/uploads", { model: "wrong", files: [file] });
    const path = begun.body._links.self?.href ?? "";
    const headers = { "content-type": "application/octet-stream", "upload-offset": "0" };
    await api.send("PATCH", `${path}/files/0`, "hello", headers);
    expect(await api.send("POST", `${path}/complete`)).toMatchObject({
      status: 400,
      body: { reason: "FILES_INVALID" },
    });
    expect((await api.get("/api/models/wrong")).status).toBe(404);
    expect((await api.get<UploadList>("/api/uploads")).body.items).toMatchObject([
      { id: begun.body.id, model: "wrong" },
    ]);
    expect((await api.send("DELETE", path)).status).toBe(200);
    expect((await api.get<UploadList>("/api/uploads")).body.items).toEqual([]);
    expect((await api.send("DELETE", path)).status).toBe(404);
    expect((await api.send("PATCH", `${path}/files/x`, "hello", headers)).status).toBe(400);
  });
});
