import { existsSync } from "node:fs";
import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, it, vi } from "vitest";
import { ROOT } from "../../architecture/source-files.js";
import { Serving, TemporaryFolder } from "../../e2e/serving.js";
import { findPython, PythonClient } from "../python-client.js";

/** Triton's own examples; of them only those that need no sequences. */
const TRITON = fileURLToPath(new URL("../../../../shared/testdata/triton/model_repository/", import.meta.url));
const TRITON_MODELS = ["simple", "simple_int8", "simple_string"];

const hasTriton = existsSync(TRITON);
if (!hasTriton) process.stderr.write(`\nSKIPPED: Triton's example models, which are not at ${TRITON}\n`);

const python = await findPython();

let folder: TemporaryFolder;
let serving: Serving;

const PORTS: readonly [where: string, grpcPort: string][] = [
  ["two ports", "0"],
  ["one port", "shared"],
];

describe.skipIf(python === undefined).each(PORTS)("clients in Python of a server on %s", (_where, grpcPort) => {
  beforeAll(async () => {
    folder = await TemporaryFolder.create();
    const models = join(folder.path, "models");
    await mkdir(models);
    await cp(join(ROOT, "examples", "digits", "models", "digits"), join(models, "digits"), { recursive: true });
    for (const model of hasTriton ? TRITON_MODELS : []) {
      await cp(join(TRITON, model), join(models, model), { recursive: true });
    }
    serving = await Serving.start(
      `server: { pollIntervalMs: 100 }
storage: { use: disk, root: ./models, settleMs: 0 }
triton-repository: {}
protocols:
  - { use: rest, port: 0, serverName: triton }
  - { use: grpc, port: ${grpcPort}, serverName: triton }
`,
      join(folder.path, "config.yaml"),
    );
    await vi.waitFor(() => {
      if (!serving.server.models.readiness().ready) throw new Error("not ready");
    });
  });

  afterAll(async () => {
    await serving?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  /** Runs a script of this folder with the addresses of the server, and the models that are there. */
  async function converse(client: PythonClient, script: string): Promise<void> {
    const addresses = serving.server.endpoints.map(({ url }) => new URL(url).host);
    const models = ["digits", ...(hasTriton ? TRITON_MODELS : [])].join(",");
    await client.run(join(import.meta.dirname, script), [...addresses, models]);
  }

  describe("tritonclient", () => {
    let client: PythonClient;

    beforeAll(async () => {
      if (python === undefined) return;
      client = await PythonClient.prepare(python, "tritonclient", ["tritonclient[http,grpc]==2.73.0", "numpy==2.4.6"]);
    });

    it.each(["triton_http.py", "triton_grpc.py", "triton_aio.py"])("%s", (script) => converse(client, script));
  });

  describe("kserve", () => {
    let client: PythonClient;

    beforeAll(async () => {
      if (python === undefined) return;
      client = await PythonClient.prepare(python, "kserve", ["kserve==0.21.0", "numpy==2.4.6"]);
    });

    it.each(["kserve_rest.py", "kserve_grpc.py"])("%s", (script) => converse(client, script));
  });
});
