import { cp, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { Serving, TemporaryFolder } from "./serving.js";

/** A SavedModel that tells of which colour images are, which it takes as files, with what TensorFlow answers. */
const MODEL = fileURLToPath(new URL("../../libraries/saved-model/test/models/images/", import.meta.url));

interface Golden {
  readonly inputs: { readonly image_bytes: readonly { readonly b64: string }[] };
  readonly outputs: { readonly classes: readonly string[]; readonly probabilities: readonly (readonly number[])[] };
}

describe("a classifier of image files", () => {
  let folder: TemporaryFolder;
  let serving: Serving;
  let golden: Golden;

  beforeAll(async () => {
    golden = (JSON.parse(await readFile(join(MODEL, "golden.json"), "utf8")) as [Golden])[0];
    folder = await TemporaryFolder.create();
    const models = join(folder.path, "models", "colours");
    await mkdir(models, { recursive: true });
    await cp(join(MODEL, "1"), join(models, "1"), { recursive: true });
    serving = await Serving.start(
      `storage: { use: disk, root: ./models, settleMs: 0 }
backends: [{ use: tfjs }]
protocols: [{ use: rest, port: 0 }]
`,
      join(folder.path, "config.yaml"),
    );
    const ready = () => expect(serving.server.models.readiness()).toEqual({ ready: true, reasons: [] });
    await vi.waitFor(ready, { timeout: 50_000 });
  }, 60_000);

  afterAll(async () => {
    await serving?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  async function predict(instances: readonly unknown[]): Promise<readonly [status: number, answer: unknown]> {
    const body = JSON.stringify({ instances });
    const response = await fetch(`${serving.url}/v1/models/colours:predict`, { method: "POST", body });
    return [response.status, await response.json()];
  }

  it("takes them as TensorFlow Serving does, and answers as TensorFlow", async () => {
    const { classes, probabilities } = golden.outputs;
    const predictions = classes.map((name, row) => ({
      classes: name,
      probabilities: (probabilities[row] as readonly number[]).map((value) => expect.closeTo(value, 5)),
    }));
    expect(classes).toEqual(["red", "green", "blue", "blue"]);
    expect(await predict(golden.inputs.image_bytes)).toEqual([200, { predictions }]);
    const named = golden.inputs.image_bytes.map((file) => ({ image_bytes: file }));
    expect(await predict(named)).toEqual([200, { predictions }]);
  });

  it.each([
    ["text", ["red.jpg"], /JPEG, (?:JPEG XL, )?PNG, GIF/],
    ["what is cut off", [{ b64: Buffer.of(0xff, 0xd8, 0xff, 0xe0).toString("base64") }], /JPEG/],
  ])("refuses %s as the client's mistake", async (_, instances, message) => {
    expect(await predict(instances)).toEqual([400, { error: expect.stringMatching(message) }]);
  });
});
