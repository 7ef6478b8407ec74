import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { TestAuthority } from "../../../libraries/server-tls/test/test-authority.js";
import { faultsOf, fileOf, readFlags } from "./read-flags.js";

const ONE = ["--model_name=m", "--model_base_path=/models/m"];

async function batching(text: string) {
  const file = await fileOf(text, "batching.txt");
  return (await readFlags(...ONE, "--enable_batching", `--batching_parameters_file=${file}`)).models?.get("m");
}

describe("flags for one model", () => {
  it("serve its newest version on every interface, over REST and gRPC", async () => {
    const config = await readFlags(...ONE);
    expect(config.server).toMatchObject({ host: "0.0.0.0", pollIntervalMs: 1_000 });
    expect(config.protocols.map(({ use, options }) => [use, options])).toEqual([
      ["rest", expect.objectContaining({ port: 8501 })],
      ["grpc", expect.objectContaining({ port: 8500, replies: "values" })],
    ]);
    expect(config.storage.options).toMatchObject({ root: "/state" });
    expect([...(config.models ?? [])]).toMatchObject([["m", { path: "/models/m", versions: undefined }]]);
    expect(config.models?.get("m")?.batching).toBeUndefined();
  });

  it("tell how SavedModels are loaded", async () => {
    const tags = "--saved_model_tags=serve,gpu";
    const { backends } = await readFlags(...ONE, tags, "--num_request_iterations_for_warmup=3");
    expect(backends.map(({ use, options }) => [use, options])).toEqual([
      ["onnx", expect.anything()],
      ["tfjs", expect.objectContaining({ tags: ["serve", "gpu"], warmUpIterations: 3 })],
    ]);
    expect((await readFlags(...ONE)).backends.map(({ use }) => use)).toEqual(["onnx"]);
    expect(await faultsOf(readFlags(...ONE, "--num_request_iterations_for_warmup=-1"))).toEqual([
      expect.stringMatching(/--num_request_iterations_for_warmup.*warmUpIterations.*>=1/),
    ]);
  });

  it("pin what they say, by the flag", async () => {
    const { models } = await readFlags(...ONE);
    expect([...(models?.get("m")?.pins ?? [])]).toEqual([
      ["served", { file: "--model_name", line: 1, column: 1 }],
      ["path", { file: "--model_base_path", line: 1, column: 1 }],
    ]);
  });

  it.each([
    ["1", 1_000],
    ["30", 30_000],
    ["0", 0],
    ["-1", 0],
    ["1000000", 86_400_000],
  ])("look into its folder every %s s", async (seconds, pollIntervalMs) => {
    const { server } = await readFlags(...ONE, `--file_system_poll_wait_seconds=${seconds}`);
    expect(server.pollIntervalMs).toBe(pollIntervalMs);
  });

  it("wait for their run as long as --rest_api_timeout_in_ms says", async () => {
    expect((await readFlags(...ONE)).server.limits.inferenceTimeoutMs).toBe(30_000);
    const { server } = await readFlags(...ONE, "--rest_api_timeout_in_ms=250");
    expect(server.limits.inferenceTimeoutMs).toBe(250);
    expect(await faultsOf(readFlags(...ONE, "--rest_api_timeout_in_ms=0"))).toEqual([
      expect.stringContaining("--rest_api_timeout_in_ms:1:1: server.limits.inferenceTimeoutMs: "),
    ]);
  });

  it.each<[words: readonly string[], fault: string]>([
    [["--model_base_path=models"], '--model_base_path:1:1: expected the absolute path of a folder, got "models"'],
    [["--model_base_path=/m", "--model_name=a/b"], '--model_name:1:1: models["a/b"]: expected a name'],
  ])("%s are refused by the flag", async (words, fault) => {
    expect(await faultsOf(readFlags(...words))).toEqual([expect.stringContaining(fault)]);
  });
});

describe("monitoring", () => {
  async function monitors(text: string) {
    const config = await readFlags(...ONE, `--monitoring_config_file=${await fileOf(text, "monitoring.txt")}`);
    return config.monitors.map(({ use, options }) => [use, options]);
  }

  it.each<[string, string, string]>([
    ["the path that the file names", 'prometheus_config { enable: true, path: "/m" }', "/m"],
    [
      "TensorFlow Serving's own where it names none",
      "prometheus_config: { enable: true }",
      "/monitoring/prometheus/metrics",
    ],
  ])("H20 is at %s", async (_what, text, path) => {
    expect(await monitors(text)).toEqual([["prometheus", { path: false, tensorflowServingPath: path }]]);
  });

  it("is off unless it is enabled", async () => {
    expect(await monitors("")).toEqual([]);
    expect(await monitors('prometheus_config { path: "/m" }')).toEqual([]);
  });

  it("refuses a path that is none, and fields that there are not, by their lines", async () => {
    expect(await faultsOf(monitors('prometheus_config {\n  enable: true\n  path: "m"\n}'))).toEqual([
      expect.stringContaining("monitoring.txt:3:9: "),
    ]);
    expect(await faultsOf(monitors("prometheus_config { enabled: true }"))).toEqual([
      expect.stringContaining("monitoring.txt:1:21: "),
    ]);
  });
});

describe("flags of gRPC", () => {
  async function grpcOptions(...words: readonly string[]) {
    const { protocols } = await readFlags(...ONE, ...words);
    return protocols.find(({ use }) => use === "grpc")?.options;
  }

  it("leave it out where it has no address", async () => {
    expect(await grpcOptions("--port=0")).toBeUndefined();
  });

  it("may have it on a socket alone", async () => {
    expect(await grpcOptions("--port=0", "--grpc_socket_path=/run/s")).toMatchObject({
      port: "none",
      socketPath: "/run/s",
    });
  });

  it("H13 set when connections end", async () => {
    const argument =
      "--grpc_channel_arguments=grpc.max_connection_age_ms=2000,grpc.lb_policy_name=grpclb,grpc.keepalive_time_ms=9223372036854775807";
    expect(await grpcOptions(argument)).toMatchObject({
      keepAlive: { maxAgeMs: 2_000, pingAfterMs: 2 ** 31 - 1, maxIdleMs: 0 },
    });
  });

  it("have elements in tensor_content", async () => {
    expect(await grpcOptions("--enable_serialization_as_tensor_content")).toMatchObject({ replies: "content" });
  });

  it("have TLS from the texts in a file, and tell by its lines what cannot be used", async () => {
    const folder = await mkdtemp(join(tmpdir(), "plinth-ssl-"));
    const authority = await TestAuthority.create(folder);
    for (const name of ["server", "other"]) await authority.issue(name);
    const pem = (name: string) => readFile(join(folder, name), "utf8");
    const [certificate, key, other, clientCa] = await Promise.all(
      ["server.crt", "server.key", "other.key", "ca.crt"].map(pem),
    );
    await rm(folder, { recursive: true });
    const ssl = async (keyText: string | undefined, more = "") => {
      const fields = { server_cert: certificate, server_key: keyText, custom_ca: clientCa };
      const lines = Object.entries(fields).map(([name, text]) => `${name}: ${JSON.stringify(text)}\n`);
      return `--ssl_config_file=${await fileOf(lines.join("") + more, "ssl.txt")}`;
    };
    expect(await grpcOptions(await ssl(key))).toMatchObject({ tls: { certificate, key } });
    expect(await grpcOptions(await ssl(key))).toMatchObject({ tls: expect.not.objectContaining({ clientCa }) });
    expect(await grpcOptions(await ssl(key, "client_verify: true"))).toMatchObject({ tls: { clientCa } });
    expect(await faultsOf(readFlags(...ONE, await ssl(other)))).toEqual([
      expect.stringMatching(/ssl\.txt:2:13: protocols\[1\]\.tls\.key: is not the key of/),
    ]);
  });

  it.each<[text: string, fault: string]>([
    ['server_key: "k"', "ssl.txt:1:1: server_cert: expected its text as PEM, got none"],
    ['server_key: "k" server_cert: "c" client_verify: true', "ssl.txt:1:1: custom_ca: expected its text as PEM"],
    ['server_kee: "k"', 'server_kee: SSLConfig has no field "server_kee"; did you mean "server_key"?'],
  ])("refuse a file of TLS with %s", async (text, fault) => {
    const file = await fileOf(text, "ssl.txt");
    expect(await faultsOf(readFlags(...ONE, `--ssl_config_file=${file}`))).toEqual(
      expect.arrayContaining([expect.stringContaining(fault)]),
    );
  });
});

describe("batching parameters", () => {
  it("become what the model says of batching and execution", async () => {
    const model = await batching(`
max_batch_size { value: 128 }
batch_timeout_micros { value: 2500 }
max_enqueued_batches { value: 20 }
num_batch_threads { value: 8 }
allowed_batch_sizes: [32, 64]
allowed_batch_sizes: 128
pad_variable_length_inputs: true
thread_pool_name { value: "pool" }
`);
    expect(model?.batching).toEqual({
      maxBatchSize: 128,
      maxWaitMs: 2.5,
      allowedBatchSizes: [32, 64, 128],
      padVariableLength: true,
      splitLarge: false,
    });
    expect(model?.execution).toMatchObject({ instances: 8, maxQueuedRequests: 2_560 });
  });

  it("are TensorFlow Serving's own where there is no file", async () => {
    const model = (await readFlags(...ONE, "--enable_batching")).models?.get("m");
    expect(model?.batching).toMatchObject({ maxBatchSize: 1_000, maxWaitMs: 0, splitLarge: false });
    expect(model?.execution?.maxQueuedRequests).toBe(10_000);
  });

  it("run batches of the smaller size where large requests are split", async () => {
    const model = await batching(
      "max_batch_size { value: 64 } enable_large_batch_splitting { value: true } max_execution_batch_size { value: 16 } allowed_batch_sizes: [8, 16]",
    );
    expect(model?.batching).toMatchObject({ maxBatchSize: 16, splitLarge: true, allowedBatchSizes: [8, 16] });
  });

  it("bound the queue however many batches may wait", async () => {
    const model = await batching("max_batch_size { value: 128 } max_enqueued_batches { value: 1000000 }");
    expect(model?.execution?.maxQueuedRequests).toBe(1_000_000);
  });

  it("are those of every model of a file", async () => {
    const models = await fileOf(
      'model_config_list { config { name: "a" base_path: "/a" } config { name: "b" base_path: "/b" } }',
    );
    const config = await readFlags(`--model_config_file=${models}`, "--enable_batching");
    expect([...(config.models ?? [])].map(([, { batching }]) => batching?.maxBatchSize)).toEqual([1_000, 1_000]);
  });

  it.each<[text: string, fault: string]>([
    ["max_batch_size { value: 0 }", "batching.txt:1:25: models.m.batching.maxBatchSize: expected"],
    ["max_batch_size: 128", "batching.txt:1:17: max_batch_size: expected a message, as { … }"],
    [
      "max_batch_size { value: 4 } allowed_batch_sizes: [2]",
      "batching.txt:1:29: models.m.batching.allowedBatchSizes: expected ascending sizes",
    ],
    [
      "batch_timout_micros { value: 1 }",
      'batching.txt:1:1: batch_timout_micros: BatchingParameters has no field "batch_timout_micros"; did you mean "batch_timeout_micros"?',
    ],
    ["num_batch_threads { value: 0 }", "batching.txt:1:28: models.m.execution.instances: expected"],
  ])("%s is refused with its place", async (text, fault) => {
    expect(await faultsOf(batching(text))).toEqual([expect.stringContaining(fault)]);
  });
});
