import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { parseConfig } from "@plinth/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../architecture/source-files.js";
import { Serving } from "./serving.js";

const EXAMPLE = join(ROOT, "examples", "digits");
const PIXELS = 784;

/** Digits out of `held-out.json` that another build of ONNX Runtime may see differently. */
const SLACK = 2;

let serving: Serving;

beforeAll(async () => {
  const config = (await readFile(join(ROOT, "config.yaml"), "utf8")).replace("port: 8501", "port: 0");
  serving = await Serving.start(config, join(ROOT, "config.yaml"));
});

afterAll(() => serving[Symbol.asyncDispose]());

async function heldOut(): Promise<{ readonly images: readonly number[][]; readonly labels: readonly number[] }> {
  const { images, labels } = JSON.parse(await readFile(join(EXAMPLE, "held-out.json"), "utf8")) as Record<
    string,
    string
  >;
  const bytes = inflateSync(Buffer.from(images ?? "", "base64"));
  return {
    labels: [...(labels ?? "")].map(Number),
    images: Array.from({ length: bytes.length / PIXELS }, (_, index) =>
      [...bytes.subarray(index * PIXELS, (index + 1) * PIXELS)].map((byte) => byte / 255),
    ),
  };
}

describe("the digit recogniser of `npm start`", () => {
  it.each(["1", "2"])("is as good in version %s as its page says", async (version) => {
    const { versions } = JSON.parse(await readFile(join(EXAMPLE, "accuracy.json"), "utf8")) as {
      versions: Record<string, { correct_on_held_out_file: number }>;
    };
    const { images, labels } = await heldOut();
    const { text } = await serving.predict(`digits/versions/${version}`, JSON.stringify({ instances: images }));
    const { predictions } = JSON.parse(text) as { predictions: { digit: number; probabilities: number[] }[] };
    const correct = predictions.filter(({ digit }, index) => digit === labels[index]).length;
    expect(images).toHaveLength(500);
    expect(Math.abs(correct - (versions[version]?.correct_on_held_out_file ?? 0))).toBeLessThanOrEqual(SLACK);
  });

  it("answers by its labels", async () => {
    const seven = await readFile(join(EXAMPLE, "seven.json"), "utf8");
    const [small, stable, one, two] = await Promise.all(
      ["labels/small", "labels/stable", "versions/1", "versions/2"].map((part) =>
        serving.predict(`digits/${part}`, seven),
      ),
    );
    expect(small).toEqual(one);
    expect(stable).toEqual(two);
    expect(one).not.toEqual(two);
  });

  it("answers the README's request with the README's answer", async () => {
    const readme = await readFile(join(ROOT, "README.md"), "utf8");
    expect(readme).toContain("curl http://127.0.0.1:8501/v1/models/digits:predict -d @examples/digits/seven.json");
    const { text } = await serving.predict("digits", await readFile(join(EXAMPLE, "seven.json"), "utf8"));
    const shown = /```json\n(\{"predictions".*\})\n```/.exec(readme)?.[1];
    expect(roughly(text)).toEqual(roughly(shown ?? "{}"));
  });

  it("is shown in the README with the configuration that is served", async () => {
    const [readme, config] = await Promise.all(
      ["README.md", "config.yaml"].map((file) => readFile(join(ROOT, file), "utf8")),
    );
    expect(readme).toContain(config);
  });

  it("has no word in the README's other configuration that the grammar does not have", async () => {
    const readme = await readFile(join(ROOT, "README.md"), "utf8");
    const [, block] = /```yaml\n(server:[^`]*)```/.exec(readme) ?? expect.fail("the README has no such block");
    const config = await parseConfig(`storage: { use: disk, root: ./models }\n${block}`, join(ROOT, "readme.yaml"), {
      environment: {},
      defaults: {},
      resolveFrom: [import.meta.url],
      conditions: ["@plinth/source", "node", "import"],
    });
    expect(config.models?.get("sentiment")).toMatchObject({
      execution: { executor: "process", instances: 2, maxQueuedRequests: 100 },
      batching: { maxBatchSize: 32, maxWaitMs: 2 },
    });
  });
});

/** An answer whose probabilities are cut to what every build of ONNX Runtime agrees on. */
function roughly(text: string): unknown {
  return JSON.parse(text, (_key, value) => (typeof value === "number" ? Number(value.toFixed(4)) : value));
}
