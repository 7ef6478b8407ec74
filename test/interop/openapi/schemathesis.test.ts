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

/** The same requests each time; that few of what it makes up fit a narrow schema is no fault of the server's. */
const CHOICE = ["--generation-deterministic", "--suppress-health-check", "all"];

/**
 * Checks that do not hold here: what fits a schema may still not be a model's shape, and what does not may be read all the same, as
 * TensorFlow Serving reads it. Its clients get 400 for a POST to the list of models, and answers with `Infinity` in them, which is no JSON
 * to others; rest-description.test.ts holds answers against the schemas.
 */
const EXCEPTIONS = ["positive_data_acceptance", "negative_data_rejection"];
const INFERENCE_EXCEPTIONS = [...EXCEPTIONS, "unsupported_method", "response_schema_conformance"];
/** A version that was removed is told of for a while, in the state `end`. */
const MANAGEMENT_EXCEPTIONS = [...EXCEPTIONS, "use_after_free"];

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
      ...["--exclude-checks", exceptions.join(), ...BOUNDS, ...CHOICE],
    ]);
    expect((await fetch(`${serving.url}/healthz`)).status).toBe(200);
  });
});
