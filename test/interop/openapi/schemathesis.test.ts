import { cp } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { ROOT } from "../../architecture/source-files.js";
import { Serving, TemporaryFolder } from "../../e2e/serving.js";
import { findPython, PythonClient } from "../python-client.js";

const DIGITS = join(ROOT, "examples", "digits", "models", "digits");
/** y = 0.5 x + 2, of any shape. */
const HALF = join(ROOT, "plugins", "backend-onnx", "test", "models", "half-plus-two", "1");

const STORAGE =
  "storage: { use: disk, root: ./models, settleMs: 0 }\nmonitors: [{ use: prometheus }, { use: journal }]\n";
const MODELS =
  "models: { digits: { versions: all, labels: { stable: 2 } }, half: { versions: all, labels: { stable: 1 } } }\n";

/** In requests and in seconds. */
const BOUNDS = ["--max-examples", "50", "--max-time", "60", "--request-timeout", "30"];

/** The same requests each time; that few of what it makes up fit a narrow schema is no fault of the server's. */
const CHOICE = ["--generation-deterministic", "--suppress-health-check", "all"];

/** What every answer must be: none of the server's own fault, and as it is described. */
const CHECKS = ["not_a_server_error", "status_code_conformance", "content_type_conformance"];
/** Predict may answer with `Infinity`, which is no JSON to others; rest-description.test.ts holds its answers against the schemas. */
const MANAGEMENT_CHECKS = [...CHECKS, "response_schema_conformance"];

const python = await findPython();

describe.skipIf(python === undefined)("requests made up from the descriptions of the REST surface", () => {
  it.each<[document: string, config: string, phases: string, checks: readonly string[]]>([
    ["/openapi.json", STORAGE + MODELS, "examples,coverage,fuzzing", CHECKS],
    // Without the models in the configuration, nothing keeps it from taking them away.
    ["/api/openapi.json", STORAGE, "examples,coverage,fuzzing,stateful", MANAGEMENT_CHECKS],
  ])("are answered as %s says, and leave the server alive", async (document, config, phases, checks) => {
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
      ...["run", serving.url + document, "--phases", phases, "--checks", checks.join()],
      ...BOUNDS,
      ...CHOICE,
    ]);
    expect((await fetch(`${serving.url}/healthz`)).status).toBe(200);
  });
});
