import { cp } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { ROOT } from "../../architecture/source-files.js";
import { Serving, TemporaryFolder } from "../../e2e/serving.js";
import { findPython, PythonClient } from "../python-client.js";

const DIGITS = join(ROOT, "examples", "digits", "models", "digits");
/** y = 0.5 x + 2, of any shape. */
const HALF = join(ROOT, "plugins", "backend-onnx", "test", "models", "half-plus-two", "1");

const STORAGE = "storage: { use: disk, root: ./models, settleMs: 0 }\n";
const MODELS =
  "models: { digits: { versions: all, labels: { stable: 2 } }, half: { versions: all, labels: { stable: 1 } } }\n";

/** In requests and in seconds. */
const BOUNDS = ["--max-examples", "50", "--max-time", "60", "--request-timeout", "30"];

/**
 * Those that do not hold here: what fits a schema may still not be a model's shape, and TensorFlow Serving's clients get 400 for a POST to
 * the list of models.
 */
const INFERENCE_EXCEPTIONS = ["positive_data_acceptance", "unsupported_method"];
const MANAGEMENT_EXCEPTIONS = ["positive_data_acceptance"];

const python = await findPython();

describe.skipIf(python === undefined)("requests made up from the descriptions of the REST surface", () => {
  it.each<[document: string, config: string, phases: string, exceptions: readonly string[]]>([
    ["/openapi.json", STORAGE + MODELS, "examples,coverage,fuzzing", INFERENCE_EXCEPTIONS],
    // Without the models in the configuration, nothing keeps it from taking them away.
    ["/api/openapi.json", STORAGE, "examples,coverage,fuzzing,stateful", MANAGEMENT_EXCEPTIONS],
  ])("are answered as %s says, and leave the server alive", async (document, config, phases, exceptions) => {
    if (python === undefined) return;
    const client = await PythonClient.prepare(python, "schemathesis", ["schemathesis==4.32.5"]);
    await using folder = await TemporaryFolder.create();
    await cp(DIGITS, join(folder.path, "models", "digits"), { recursive: true });
    await cp(HALF, join(folder.path, "models", "half", "1"), { recursive: true });
    await using serving = await Serving.start(config, join(folder.path, "config.yaml"));
    await vi.waitFor(() => expect(serving.server.models.readiness().ready).toBe(true), { timeout: 60_000 });
    await client.run(join(import.meta.dirname, "run_schemathesis.py"), [
      folder.path,
      ...["--no-color", "--config-file", join(import.meta.dirname, "schemathesis.toml")],
      ...["run", serving.url + document, "--phases", phases, "--checks", "all"],
      ...["--exclude-checks", exceptions.join(), ...BOUNDS],
    ]);
    expect((await fetch(`${serving.url}/healthz`)).status).toBe(200);
  });
});
