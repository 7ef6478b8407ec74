import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PlinthError, type ServerConfig } from "@plinth/core";
import { expect, onTestFinished } from "vitest";
import { parseFlags } from "../../src/tensorflow-serving/parse-flags.js";
import { servingConfig } from "../../src/tensorflow-serving/serving-config.js";
import { SslConfigFile } from "../../src/tensorflow-serving/ssl-config.js";

/** A folder for the files that flags name. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "plinth-flags-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function fileOf(text: string, name = "models.txt"): Promise<string> {
  const file = join(await temporaryFolder(), name);
  await writeFile(file, text);
  return file;
}

/** The configuration that flags stand for. */
export function readFlags(...words: readonly string[]): Promise<ServerConfig> {
  const { flags, faults } = parseFlags(["--rest_api_port=8501", ...words]);
  expect(faults).toEqual([]);
  return servingConfig(flags, "/state", new SslConfigFile(flags.text("ssl_config_file")), {
    environment: {},
    defaults: { backends: [{ use: "onnx" }], management: {} },
    resolveFrom: [import.meta.url],
    conditions: ["@plinth/source", "node", "import"],
    importModule: (url) => import(url),
  });
}

/** What is wrong, one line a fault, without the folders of files. */
export async function faultsOf(reading: Promise<unknown>): Promise<readonly string[]> {
  const error = await reading.then(
    () => expect.fail("it was taken"),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof PlinthError)) throw error;
  return error.message.split("\n").map((line) => line.replace(/^\/\S*\//, ""));
}
