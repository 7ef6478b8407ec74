import { execFile } from "node:child_process";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { ROOT } from "../architecture/source-files.js";
import { Serving, TemporaryFolder } from "../e2e/serving.js";
import { ReflectingClient } from "./reflecting-client.js";

const run = promisify(execFile);

const DIGITS = join(ROOT, "examples", "digits");

/** How an image of 28 by 28 numbers is sent raw. */
const INFER_JSON = JSON.stringify({
  inputs: [{ name: "image", datatype: "FP32", shape: [1, 784], parameters: { binary_data_size: 3136 } }],
  outputs: [{ name: "digit", parameters: { binary_data: true } }],
});

/** An empty message of gRPC. */
const EMPTY_FRAME = Buffer.alloc(5);

const hasCurl = await run("curl", ["--version"]).then(
  ({ stdout }) => stdout.includes("HTTP2"),
  () => false,
);
if (!hasCurl) process.stderr.write("\nSKIPPED: curl, which is not installed, or knows no HTTP/2\n");

let folder: TemporaryFolder;
let image: readonly number[];

beforeAll(async () => {
  folder = await TemporaryFolder.create();
  await cp(join(DIGITS, "models", "digits"), join(folder.path, "models", "digits"), { recursive: true });
  image = JSON.parse(await readFile(join(DIGITS, "seven.json"), "utf8")).instances[0].flat();
});

afterAll(() => folder[Symbol.asyncDispose]());

describe.each<[where: string, grpcPort: string]>([
  ["two ports", "0"],
  ["one port", "shared"],
])("plain clients of a server on %s", (_where, grpcPort) => {
  let serving: Serving;
  let grpcAddress: string;

  beforeAll(async () => {
    const config = `storage: { use: disk, root: ./models, settleMs: 0 }
protocols: [{ use: rest, port: 0 }, { use: grpc, port: ${grpcPort} }]
`;
    serving = await Serving.start(config, join(folder.path, "config.yaml"));
    await vi.waitFor(() => expect(serving.server.models.readiness().ready).toBe(true));
    grpcAddress = new URL(serving.server.endpoints[1]?.url ?? "").host;
  });

  afterAll(() => serving?.[Symbol.asyncDispose]());

  describe("grpc-js with what reflection tells", () => {
    it("has the digits recognised by TensorFlow Serving's service", async () => {
      using client = await ReflectingClient.connect(grpcAddress, "tensorflow.serving.PredictionService");
      const tensor_shape = { dim: [{ size: 1 }, { size: 784 }] };
      const answer = await client.call("Predict", {
        model_spec: { name: "digits", version: { value: 2 } },
        // protobuf.js reads no maps from descriptors: they are lists of entries to it.
        inputs: [{ key: "image", value: { dtype: "DT_FLOAT", tensor_shape, float_val: image } }],
        output_filter: ["digit"],
      });
      expect(answer).toMatchObject({
        model_spec: { name: "digits", version: { value: "2" }, signature_name: "serving_default" },
        outputs: [{ key: "digit", value: { dtype: "DT_INT64", int64_val: ["7"] } }],
      });
    });

    it("has the digits recognised by the Open Inference Protocol's service", async () => {
      using client = await ReflectingClient.connect(grpcAddress, "inference.GRPCInferenceService");
      expect(await client.call("ModelReady", { name: "digits" })).toEqual({ ready: true });
      const answer = await client.call("ModelInfer", {
        model_name: "digits",
        inputs: [{ name: "image", datatype: "FP32", shape: [1, 784], contents: { fp32_contents: image } }],
        outputs: [{ name: "digit" }],
      });
      const [digit] = answer.raw_output_contents as readonly Buffer[];
      expect(digit?.readBigInt64LE()).toBe(7n);
    });

    it("hears of health, and of what there is not", async () => {
      using client = await ReflectingClient.connect(grpcAddress, "grpc.health.v1.Health");
      expect(await client.call("Check", { service: "digits" })).toEqual({ status: "SERVING" });
      await expect(client.call("Check", { service: "nobody" })).rejects.toThrow(/NOT_FOUND/);
    });
  });

  describe.skipIf(!hasCurl)("curl", () => {
    async function curl(...parameters: readonly string[]): Promise<Buffer> {
      const { stdout } = await run("curl", ["--silent", "--show-error", ...parameters], { encoding: "buffer" });
      return stdout;
    }

    it("sends JSON in both dialects", async () => {
      const seven = `@${join(DIGITS, "seven.json")}`;
      const predicted = JSON.parse(String(await curl(`${serving.url}/v1/models/digits:predict`, "--data", seven)));
      expect(predicted.predictions[0].digit).toBe(7);
      const body = JSON.stringify({ inputs: [{ name: "image", datatype: "FP32", shape: [1, 784], data: image }] });
      const inferred = JSON.parse(String(await curl(`${serving.url}/v2/models/digits/infer`, "--data", body)));
      expect(inferred.outputs.find(({ name }: { name: string }) => name === "digit").data).toEqual([7]);
    });

    it("sends and gets raw tensors", async () => {
      const file = join(folder.path, "infer.bin");
      await writeFile(file, Buffer.concat([Buffer.from(INFER_JSON), Buffer.from(Float32Array.from(image).buffer)]));
      const answer = await curl(
        ...[`${serving.url}/v2/models/digits/infer`, "--data-binary", `@${file}`],
        ...["--header", `Inference-Header-Content-Length: ${INFER_JSON.length}`],
      );
      expect(answer.subarray(-8).readBigInt64LE()).toBe(7n);
    });

    it("sends large bodies, for which it asks first, and gets them packed", async () => {
      const file = join(folder.path, "many.json");
      await writeFile(file, JSON.stringify({ instances: Array.from({ length: 200 }, () => image) }));
      const url = `${serving.url}/v1/models/digits:predict`;
      const packed = await curl(url, "--data", `@${file}`, "--header", "Accept-Encoding: gzip");
      expect(JSON.parse(String(gunzipSync(packed))).predictions).toHaveLength(200);
    });

    it("is understood in HTTP/2 where gRPC is", async () => {
      const file = join(folder.path, "empty.bin");
      await writeFile(file, EMPTY_FRAME);
      const answer = await curl(
        ...["--http2-prior-knowledge", "--include", "--data-binary", `@${file}`],
        ...["--header", "content-type: application/grpc", "--header", "te: trailers"],
        `http://${grpcAddress}/grpc.health.v1.Health/Check`,
      );
      expect(String(answer)).toMatch(/^HTTP\/2 200/);
      expect(String(answer)).toContain("grpc-status: 0");
    });
  });
});
