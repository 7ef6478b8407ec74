import { gzipSync } from "node:zlib";
import type { IncomingFile } from "@plinth/core";
import { pack } from "tar-stream";
import { describe, expect, it } from "vitest";
import { incomingVersion } from "../src/transfer/incoming-version.js";

async function tarOf(name: string, content: Buffer): Promise<Buffer> {
  const archive = pack();
  archive.entry({ name, size: content.length }, content);
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function upload(body: Uint8Array, contentType: string, headers: Record<string, string> = {}): Request {
  return new Request("http://localhost/", {
    method: "PUT",
    body: new Uint8Array(body),
    headers: { "content-type": contentType, ...headers },
  });
}

async function read(files: AsyncIterable<IncomingFile>): Promise<Record<string, number>> {
  const sizes: Record<string, number> = {};
  for await (const { path, content } of files) {
    sizes[path] = 0;
    for await (const chunk of content) sizes[path] += chunk.length;
  }
  return sizes;
}

describe("an uploaded version", () => {
  it("may be unpacked by Content-Encoding", async () => {
    const body = gzipSync(await tarOf("a/model.onnx", Buffer.alloc(100_000, 1)));
    const request = upload(body, "application/x-tar", { "content-encoding": "gzip" });
    expect(await read(incomingVersion(request, 200_000))).toEqual({ "a/model.onnx": 100_000 });
  });

  it("is refused as soon as it is too large, also once unpacked", async () => {
    const tar = await tarOf("bomb", Buffer.alloc(5_000_000));
    const packed = gzipSync(tar);
    expect(packed.length).toBeLessThan(20_000);
    await expect(read(incomingVersion(upload(packed, "application/gzip"), 1_000_000))).rejects.toMatchObject({
      reason: "REQUEST_TOO_LARGE",
    });
    await expect(read(incomingVersion(upload(tar, "application/x-tar"), 1_000_000))).rejects.toMatchObject({
      reason: "REQUEST_TOO_LARGE",
    });
  });

  it.each([
    ["gzip that is none", "application/gzip", Buffer.from("hello")],
    ["gzip that is cut", "application/gzip", gzipSync(Buffer.alloc(5_000)).subarray(0, 15)],
    ["a form without an end", "multipart/form-data; boundary=x", Buffer.from("--x\r\nContent-Disp")],
    ["a form without a boundary", "multipart/form-data", Buffer.from("--x--")],
  ])("is refused where it is %s", async (_name, contentType, body) => {
    await expect(read(incomingVersion(upload(body, contentType), 1_000_000))).rejects.toMatchObject({
      reason: "FILES_INVALID",
    });
  });

  it("is refused where a form holds more than files", async () => {
    const form = new FormData();
    form.append("file", new Blob(["x"]), "a.txt");
    form.append("note", "hello");
    const request = new Request("http://localhost/", { method: "PUT", body: form });
    await expect(read(incomingVersion(request, 1_000_000))).rejects.toMatchObject({ reason: "FILES_INVALID" });
  });
});
