import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { manifest, PACKAGES, ROOT } from "../architecture/source-files.js";
import { Project } from "./project.js";

let project: Project;

beforeAll(async () => {
  project = await Project.create();
});

afterAll(() => project[Symbol.asyncDispose]());

/** The code block of a page that is marked with this file name. */
async function codeOf(page: string, file: string): Promise<string> {
  const text = await readFile(join(ROOT, page), "utf8");
  const block = new RegExp(`^\`\`\`\\w+ file=${file.replaceAll(".", "\\.")}\\n([\\s\\S]*?)^\`\`\`$`, "m").exec(
    text,
  )?.[1];
  if (block === undefined) throw new Error(`${page} has no code block for ${file}`);
  return block;
}

async function predict(url: string, model: string, body: string): Promise<unknown> {
  const response = await fetch(`${url}/v1/models/${model}:predict`, { method: "POST", body });
  return response.json();
}

describe("packages installed from their tarballs into an empty project", () => {
  // The conformance suite is imported by vitest only: every plugin's test does that.
  it.each(
    PACKAGES.map(manifest).filter(
      ({ name, exports }) => exports?.["."] !== undefined && name !== "@plinth/conformance",
    ),
  )("$name can be imported", async ({ name }) => {
    await project.run("node", ["--input-type=module", "--eval", `await import(${JSON.stringify(name)})`]);
  });

  it("compose a server that answers a predict", async () => {
    const models = join(ROOT, "examples", "digits", "models");
    await project.write(
      "digits.yaml",
      `storage: { use: disk, root: ${JSON.stringify(models)} }\nprotocols: [{ use: rest, port: 0 }]\n`,
    );
    const url = await project.serve("digits.yaml");
    const seven = await readFile(join(ROOT, "examples", "digits", "seven.json"), "utf8");
    expect(await predict(url, "digits", seven)).toMatchObject({ predictions: [{ digit: 7 }] });
  });
});

describe("the plugin of docs/writing-a-plugin.md", () => {
  it("compiles and runs outside the workspace, with the answer that the page shows", async () => {
    await project.write("linear-plugin.ts", await codeOf("docs/writing-a-plugin.md", "linear-plugin.ts"));
    await project.run("npx", [
      "tsc",
      "--strict",
      "--module",
      "nodenext",
      "--target",
      "es2022",
      "--lib",
      "es2023,esnext.disposable",
      "--types",
      "node",
      "--skipLibCheck",
      "linear-plugin.ts",
    ]);
    await project.write("config.yaml", await codeOf("docs/writing-a-plugin.md", "config.yaml"));
    await project.write("models/line/1/linear.json", '{"weight": 2, "bias": 1}');
    const url = await project.serve("config.yaml");
    await vi.waitFor(async () => expect((await fetch(`${url}/readyz`)).status).toBe(200), { timeout: 30_000 });
    const response = await fetch(`${url}/v1/models/line:predict`, { method: "POST", body: '{"instances": [1, 2]}' });
    expect(await response.text()).toBe('{"predictions":[30.0,50.0]}');
  });

  it("has its options checked", async () => {
    const wrong = (await codeOf("docs/writing-a-plugin.md", "config.yaml")).replace("scale: 10", "scal: 10");
    await project.write("wrong.yaml", wrong);
    await expect(project.run("npx", ["plinth", "check", "wrong.yaml"])).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/wrong\.yaml:4:\d+: .*scal.*scale/),
    });
  });
});
