import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { definePlugin, type Plugin } from "../../../src/extension-points/plugin.js";
import type { ConfigFault } from "../../../src/kernel/config/config-fault.js";
import { type LoadConfigOptions, parseConfig } from "../../../src/kernel/config/load-config.js";
import type { ServerConfig } from "../../../src/kernel/config/server-config.js";
import { PlinthError } from "../../../src/model/errors.js";

export function fakePlugin(name: string, config: Plugin["config"]): Plugin {
  return definePlugin({ name, apiVersion: 1, config, register: () => {} });
}

export const FAKE_PLUGINS: Readonly<Record<string, Plugin>> = Object.fromEntries(
  [
    fakePlugin("@plinth/storage-disk", z.strictObject({ root: z.string().min(1).describe("Folder of the models.") })),
    fakePlugin(
      "@plinth/storage-bucket",
      z.strictObject({
        url: z.url(),
        secretKey: z.string().refine((key) => key.startsWith("sk-"), { error: (issue) => `bad key ${issue.input}` }),
        retries: z.int().min(0).default(3),
      }),
    ),
    fakePlugin("@plinth/backend-onnx", z.strictObject({ threads: z.int().min(1).max(64).default(1) })),
    fakePlugin(
      "@plinth/backend-tfjs",
      z.strictObject({ wasm: z.boolean().default(true), path: z.string().optional() }),
    ),
    fakePlugin(
      "@plinth/protocol-rest",
      z.strictObject({
        port: z.int().min(0).max(65_535).default(8501),
        cors: z.strictObject({ origins: z.array(z.string()).default([]), maxAgeMs: z.int().default(0) }).prefault({}),
        size: z.union([z.literal("auto"), z.strictObject({ bytes: z.int() })]).optional(),
      }),
    ),
    fakePlugin("@plinth/protocol-grpc", z.strictObject({ port: z.int().default(8500) })),
    fakePlugin("@plinth/monitor-prometheus", z.strictObject({})),
  ].map((plugin) => [plugin.name, plugin]),
);

/** A folder with fake packages in its `node_modules`, and configurations read as if they stood in it. */
export class FakeWorkspace implements Disposable {
  readonly directory: string = realpathSync(mkdtempSync(join(tmpdir(), "plinth-config-")));
  readonly imported: string[] = [];
  readonly #plugins: Readonly<Record<string, unknown>>;

  constructor(plugins: Readonly<Record<string, unknown>> = FAKE_PLUGINS) {
    this.#plugins = plugins;
    for (const name of Object.keys(plugins)) {
      const folder = join(this.directory, "node_modules", name);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "package.json"), JSON.stringify({ name, type: "module", exports: "./index.js" }));
      writeFileSync(join(folder, "index.js"), "");
    }
  }

  readonly options: LoadConfigOptions = {
    environment: {},
    defaults: { backends: [{ use: "onnx" }], protocols: [{ use: "rest" }], monitors: [] },
    resolveFrom: [],
    conditions: ["node", "import"],
    importModule: async (url) => {
      const name = Object.keys(this.#plugins).find((plugin) => fileURLToPath(url).includes(`/node_modules/${plugin}/`));
      this.imported.push(name ?? url);
      return { plugin: name === undefined ? undefined : this.#plugins[name] };
    },
  };

  parse(text: string, overrides: Partial<LoadConfigOptions> = {}): Promise<ServerConfig> {
    return parseConfig(text, join(this.directory, "config.yaml"), { ...this.options, ...overrides });
  }

  /** What is wrong with the text, one line a fault, without the file's name. */
  async faults(text: string, overrides: Partial<LoadConfigOptions> = {}): Promise<readonly string[]> {
    const error = await configErrorOf(
      parseConfig(text, join(this.directory, "config.yaml"), { ...this.options, ...overrides }),
    );
    return error.message.split("\n").map((line) => line.replace(`${this.directory}/config.yaml:`, ""));
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export async function configErrorOf(
  loading: Promise<unknown>,
): Promise<PlinthError & { readonly faults: readonly ConfigFault[] }> {
  const error = await loading.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof PlinthError) || error.reason !== "CONFIG_INVALID") {
    throw new Error("Expected the configuration to be refused with CONFIG_INVALID", { cause: error });
  }
  return Object.assign(error, { faults: error.details.faults as readonly ConfigFault[] });
}
