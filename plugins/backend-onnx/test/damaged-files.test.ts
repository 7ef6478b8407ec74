import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PlinthError } from "@plinth/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { load, modelPath, versionOf } from "./example-models.js";
import { bytesField, numberField } from "./protobuf.js";

let temporary: string;

beforeAll(async () => {
  temporary = await mkdtemp(join(tmpdir(), "plinth-test-"));
});

afterAll(() => rm(temporary, { recursive: true }));

describe("a model.onnx", () => {
  it.each([
    ["is empty", "", /empty/],
    ["is a Git LFS pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", /git lfs pull/],
    ["is an error page", "\n<!DOCTYPE html><html><body>404</body></html>", /HTML/],
    ["is an error in JSON", '{"error": "not found"}', /JSON/],
    ["is a PyTorch archive", "PK\u0003\u0004\u0014\u0000", /ZIP/],
    ["is a Keras file", Buffer.from("\x89HDF\r\n\x1a\n", "latin1"), /HDF5/],
    ["is compressed", Buffer.from([0x1f, 0x8b, 8, 0]), /gzip/],
    ["is a TensorFlow Lite model", "\x1c\0\0\0TFL3", /Lite/],
    ["has the ending of another format", "\x1c\0\0\0ORTM", /\.ort/],
    ["is some text", "# requirements\nnumpy\n", /no ONNX file, or a damaged one/],
  ])("that %s is refused as that", async (_, content, says) => {
    const error = await refusal(Buffer.from(content));
    expect(error).toMatchObject({ reason: "MODEL_FILE_INVALID", message: expect.stringMatching(says) });
    expect(error.message).toContain("model.onnx");
  });

  it("that ends too early is refused, wherever it ends", async () => {
    const whole = await readFile(modelPath("external/escaping-in-branch/model.onnx"));
    for (let length = 0; length < whole.length; length += 1) {
      const error = await refusal(whole.subarray(0, length));
      expect(error.reason, `after ${length} bytes`).toBe("MODEL_FILE_INVALID");
    }
  });

  it("that ends within its graph is called truncated", async () => {
    const whole = await readFile(modelPath("matmul.onnx"));
    expect((await refusal(whole.subarray(0, -20))).message).toMatch(/truncated after \d+ bytes: .* Copy it again/);
  });

  it("that nests graphs without end is refused", async () => {
    let graph: Buffer = Buffer.alloc(0);
    for (let depth = 0; depth < 200; depth += 1) graph = bytesField(1, bytesField(5, bytesField(6, graph)));
    const error = await refusal(Buffer.concat([numberField(1, 8), bytesField(7, graph)]));
    expect(error).toMatchObject({ reason: "MODEL_FILE_INVALID", message: expect.stringMatching(/deep/) });
  });

  it("that claims a field of more bytes than exist is refused without reading them", async () => {
    const error = await refusal(Buffer.from([0x08, 8, 0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]));
    expect(error).toMatchObject({ reason: "MODEL_FILE_INVALID", message: expect.stringMatching(/truncated/) });
  });

  it("with a single byte changed is loaded or refused, and nothing else happens", async () => {
    const whole = await readFile(modelPath("sum-and-difference.onnx"));
    for (let position = 0; position < whole.length; position += 1) {
      const damaged = Buffer.from(whole);
      damaged[position] = (damaged[position] ?? 0) ^ 0x15;
      const outcome = await attempt(damaged);
      if (outcome !== undefined) {
        expect(["MODEL_FILE_INVALID", "MODEL_UNSUPPORTED"], `byte ${position}`).toContain(outcome.reason);
      }
    }
  });

  it("that has gone is refused", async () => {
    const files = versionOf(modelPath("half-plus-two/1"));
    await expect(load({ ...files, directory: join(temporary, "gone") })).rejects.toMatchObject({
      reason: "MODEL_FILE_INVALID",
      message: expect.stringMatching(/model\.onnx cannot be opened \(ENOENT\)/),
    });
  });
});

describe("a model.ort", () => {
  it("that is damaged is refused", async () => {
    await writeFile(join(temporary, "model.ort"), "garbage");
    await expect(load(versionOf(temporary, ["model.ort"]))).rejects.toMatchObject({
      reason: "MODEL_FILE_INVALID",
      message: expect.stringMatching(/model\.ort.*verification failed/),
    });
  });
});

async function attempt(content: Buffer): Promise<PlinthError | undefined> {
  await rm(join(temporary, "model.onnx"), { force: true });
  await writeFile(join(temporary, "model.onnx"), content);
  try {
    await load(versionOf(temporary, ["model.onnx"]));
    return undefined;
  } catch (thrown) {
    if (thrown instanceof PlinthError) return thrown;
    throw thrown;
  }
}

async function refusal(content: Buffer): Promise<PlinthError> {
  const error = await attempt(content);
  return error ?? expect.fail("Expected the model to be refused");
}
