import { cp } from "node:fs/promises";
import { join } from "node:path";
import { describe, it, vi } from "vitest";
import { ROOT } from "../architecture/source-files.js";
import { Serving, TemporaryFolder } from "../e2e/serving.js";
import { findPython, PythonClient } from "./python-client.js";

const EXAMPLE = join(ROOT, "examples", "digits");
/** y = 0.5 x + 2, of any shape. */
const HALF = join(ROOT, "plugins", "backend-onnx", "test", "models", "half-plus-two", "1");

const PACKAGES = ["tensorflow-cpu==2.21.0", "tensorflow-serving-api==2.21.0"];

const python = await findPython();

describe.skipIf(python === undefined)("TensorFlow Serving's Python API", () => {
  it.each<[where: string, protocols: string]>([
    ["a port of its own", "[{ use: grpc, port: 0 }]"],
    ["the port of REST", "[{ use: rest, port: 0 }, { use: grpc, port: shared }]"],
  ])("understands the server on %s", async (_where, protocols) => {
    if (python === undefined) return;
    await using folder = await TemporaryFolder.create();
    const models = join(folder.path, "models");
    await cp(join(EXAMPLE, "models", "digits"), join(models, "digits"), { recursive: true });
    await cp(HALF, join(models, "half", "1"), { recursive: true });
    await using serving = await Serving.start(
      `storage: { use: disk, root: ./models, settleMs: 0 }
protocols: ${protocols}
models: { digits: { versions: all, labels: { small: 1 } }, half: {} }
`,
      join(folder.path, "config.yaml"),
    );
    await vi.waitFor(() => {
      if (!serving.server.models.readiness().ready) throw new Error("not ready");
    });
    const url = serving.server.endpoints.map((endpoint) => endpoint.url).find((each) => each.startsWith("grpc:")) ?? "";
    const client = await PythonClient.prepare(python, "tensorflow-serving", PACKAGES);
    const script = join(import.meta.dirname, "tensorflow_serving_client.py");
    const image = join(EXAMPLE, "seven.json");
    await client.run(script, [new URL(url).host, image, join(models, "digits"), join(models, "half")]);
  });
});
