import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type RunningServer, startServer } from "@plinth/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parseFlags } from "../../cli/src/tensorflow-serving/parse-flags.js";
import { servingConfig } from "../../cli/src/tensorflow-serving/serving-config.js";
import { SslConfigFile } from "../../cli/src/tensorflow-serving/ssl-config.js";
import { ROOT } from "../architecture/source-files.js";
import { freePort } from "../free-port.js";
import { QuietLogger, TemporaryFolder } from "./serving.js";

const DIGITS = join(ROOT, "examples", "digits", "models", "digits");

/** Longest that a version that was just checked out needs to be seen as whole. */
const PATIENCE = { timeout: 15_000 };

let folder: TemporaryFolder;
let server: RunningServer;

beforeEach(async () => {
  folder = await TemporaryFolder.create();
  await mkdir(join(folder.path, "state"));
});

afterEach(async () => {
  await server?.stop();
  await folder[Symbol.asyncDispose]();
});

/** A folder that holds these versions of the digits, of whatever name. */
async function basePath(
  name: string,
  ...versions: readonly (readonly [number: number, from: number])[]
): Promise<string> {
  const path = join(folder.path, name);
  await mkdir(path, { recursive: true });
  for (const [number, from] of versions) await symlink(join(DIGITS, String(from)), join(path, String(number)));
  return path;
}

function model(name: string, path: string, rest = ""): string {
  return `config { name: "${name}" base_path: "${path}" model_platform: "tensorflow" ${rest} }`;
}

async function write(...models: readonly string[]): Promise<void> {
  const text =
    models.length === 1 && models[0]?.startsWith("custom")
      ? models[0]
      : `model_config_list {\n${models.join("\n")}\n}\n`;
  await writeFile(join(folder.path, "models.txt"), text);
}

/** Starts the server that `--model_config_file` describes, and waits until it is ready. */
async function start(...models: readonly string[]): Promise<void> {
  await write(...models);
  const file = join(folder.path, "models.txt");
  const { flags } = parseFlags(["--port=0", `--rest_api_port=${await freePort()}`, `--model_config_file=${file}`]);
  const readConfig = () =>
    servingConfig(flags, join(folder.path, "state"), new SslConfigFile(""), {
      environment: {},
      defaults: { backends: [{ use: "onnx" }], management: {} },
      resolveFrom: [import.meta.url],
      conditions: ["@plinth/source", "node", "import"],
      importModule: (url) => import(url),
    });
  server = await startServer(await readConfig(), new QuietLogger(), { readConfig });
  await available();
}

async function available(): Promise<void> {
  await vi.waitFor(() => expect(server.models.readiness()).toEqual({ ready: true, reasons: [] }), PATIENCE);
}

/** Has another file applied, and waits until what it adds is there. */
async function reload(...models: readonly string[]): Promise<void> {
  await write(...models);
  await server.reload();
  await available();
}

function versionOf(
  model: string,
  target: { readonly version?: bigint; readonly label?: string } = {},
): Promise<bigint> {
  return server.models.acquire({ model, ...target }).then((handle) => {
    using held = handle;
    return held.version;
  });
}

/** What version 1 says of a handwritten digit. */
async function answer(): Promise<unknown> {
  const body = await readFile(join(ROOT, "examples", "digits", "seven.json"), "utf8");
  const url = `${server.endpoints[0]?.url}/v1/models/m/versions/1:predict`;
  return (await fetch(url, { method: "POST", body })).json();
}

const setLabel = (label: string, version: bigint, allowUnavailable = false) =>
  server.deployments.change(
    "m",
    { kind: "set-label", label, version, allowUnavailable },
    { who: "test", signal: new AbortController().signal },
  );

describe("a server of a ModelServerConfig", () => {
  it("K01, K02, K03, K04 follows its file: a model that is added, taken away and added again", async () => {
    const path = await basePath("anything", [1, 1]);
    await start();
    await reload(model("m", path));
    expect(await versionOf("m")).toBe(1n);
    await write();
    expect((await server.reload()).removed).toEqual(["m"]);
    await server.settled();
    expect(server.models.status("m")?.versions.map(({ state }) => state)).toEqual(["end"]);
    await reload(model("m", path));
    expect(await versionOf("m")).toBe(1n);
  });

  it("K05 serves what lies at another base path", async () => {
    const [first, second] = [await basePath("first", [1, 1]), await basePath("second", [2, 2])];
    await start(model("m", first));
    await reload(model("m", second));
    await vi.waitFor(async () => expect(await versionOf("m")).toBe(2n), PATIENCE);
  });

  it("K05 serves what lies at another base path also where it has the same number", async () => {
    const [first, second] = [await basePath("first", [1, 1]), await basePath("second", [1, 2])];
    await start(model("m", first));
    const before = await answer();
    await reload(model("m", second));
    await vi.waitFor(async () => expect(await answer()).not.toEqual(before), PATIENCE);
  });

  it.each([
    ["a relative", "models/m"],
    ["an empty", ""],
  ])("K06 refuses %s base path, and with it the whole file", async (_kind, path) => {
    await start(model("m", await basePath("m", [1, 1])));
    await write(model("m", await basePath("other", [2, 2])), model("n", path));
    await expect(server.reload()).rejects.toThrow(
      /models\.txt:3:\d+: .*base_path: expected the absolute path of a folder/,
    );
    expect(await versionOf("m")).toBe(1n);
  });

  it("K08 refuses to change to a custom configuration", async () => {
    await start(model("m", await basePath("m", [1, 1])));
    await write('custom_model_config { type_url: "x" }');
    await expect(server.reload()).rejects.toThrow(/models\.txt:1:1: custom_model_config: custom/);
    expect(await versionOf("m")).toBe(1n);
  });

  it("K09 refuses a model with both type and platform", async () => {
    await start();
    await write(model("m", await basePath("m", [1, 1]), "model_type: TENSORFLOW"));
    await expect(server.reload()).rejects.toThrow(/models\.txt:2:\d+: .*model_type: expected model_platform alone/);
  });

  it("K10 takes the deprecated type for the platform", async () => {
    await start(`config { name: "m" base_path: "${await basePath("m", [1, 1])}" model_type: TENSORFLOW }`);
    expect(await versionOf("m")).toBe(1n);
  });

  it("K11 refuses a name that stands twice, and a platform that there is not", async () => {
    const path = await basePath("m", [1, 1]);
    await start();
    await write(
      model("m", path),
      model("m", path),
      `config { name: "n" base_path: "${path}" model_platform: "caffe" }`,
    );
    await expect(server.reload()).rejects.toThrow(/:3:\d+: .*stands twice, first in line 2.*\n.*:4:\d+: .*got "caffe"/);
  });

  it("K12 leaves it to the files which backend loads a model, also of one that is added", async () => {
    await start(model("m", await basePath("m", [1, 1])));
    await reload(model("m", await basePath("m")), `config { name: "n" base_path: "${await basePath("n", [7, 2])}" }`);
    expect(await Promise.all(["m", "n"].map((each) => versionOf(each)))).toEqual([1n, 7n]);
  });

  it("K13 refuses another platform for a model that is served, which stays", async () => {
    const path = await basePath("m", [1, 1]);
    await start(model("m", path));
    await write(`config { name: "m" base_path: "${path}" model_platform: "other_platform" }`);
    await expect(server.reload()).rejects.toThrow(/model_platform: expected "tensorflow"/);
    expect(await versionOf("m")).toBe(1n);
  });

  it("K15 takes a label for a version that is not there (TensorFlow Serving refuses the file), which answers once it is", async () => {
    const path = await basePath("m", [1, 1]);
    await start(model("m", path, 'version_labels { key: "A" value: 2 }'));
    await expect(versionOf("m", { label: "A" })).rejects.toMatchObject({ reason: "VERSION_NOT_FOUND" });
    await symlink(join(DIGITS, "2"), join(path, "2"));
    await vi.waitFor(async () => expect(await versionOf("m", { label: "A" })).toBe(2n), PATIENCE);
  });

  it("K14 answers by version, by label, and with the newest", async () => {
    const labels =
      'model_version_policy { all {} } version_labels { key: "A" value: 1 } version_labels { key: "B" value: 2 }';
    await start(model("m", await basePath("m", [1, 1], [2, 2]), labels));
    expect(await versionOf("m")).toBe(2n);
    expect(await versionOf("m", { version: 1n })).toBe(1n);
    expect(await versionOf("m", { label: "A" })).toBe(1n);
    expect(await versionOf("m", { label: "B" })).toBe(2n);
    await expect(versionOf("m", { label: "none" })).rejects.toThrow("Unrecognized servable version label");
  });

  it("K15, K16, K17, K18 moves labels at run time only to what is available, unless it is asked for nevertheless", async () => {
    const path = await basePath("m", [1, 1], [2, 2]);
    await start(model("m", path, 'version_labels { key: "pinned" value: 2 }'));
    const refused = "which is not currently available for inference";
    await expect(setLabel("new", 1n)).rejects.toThrow(refused);
    await expect(setLabel("new", 9n)).rejects.toMatchObject({ reason: "VERSION_NOT_FOUND" });
    await setLabel("new", 9n, true);
    await expect(setLabel("new", 1n)).rejects.toThrow(refused);
    await setLabel("new", 1n, true);
    await vi.waitFor(async () => expect(await versionOf("m", { label: "new" })).toBe(1n), PATIENCE);
    await expect(setLabel("pinned", 2n)).rejects.toMatchObject({
      reason: "PINNED_BY_CONFIG",
      message: expect.stringMatching(/models\.txt:2:\d+/),
    });
  });

  it("K19 has no switch that forbids labels: those of the file are served", async () => {
    await start(model("m", await basePath("m", [3, 1]), 'version_labels { key: "A" value: 3 }'));
    expect(await versionOf("m", { label: "A" })).toBe(3n);
  });

  it("K20 refuses the logging of requests, as TensorFlow Serving's binary does", async () => {
    await start();
    await write(model("m", await basePath("m", [1, 1]), "logging_config {}"));
    await expect(server.reload()).rejects.toThrow(/:2:\d+: .*logging_config: requests are not logged/);
  });

  it("applies a file whole or not at all, where TensorFlow Serving applies half of one with a fault in its labels", async () => {
    const path = await basePath("m", [1, 1]);
    await start(model("m", path));
    await write(model("n", path), model("m", path, 'version_labels { key: "7" value: 1 }'));
    await expect(server.reload()).rejects.toMatchObject({ reason: "CONFIG_INVALID" });
    expect(server.models.models().map((status) => status.model)).toEqual(["m"]);
  });
});
