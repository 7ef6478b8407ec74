import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text as textOf } from "node:stream/consumers";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { ROOT } from "../architecture/source-files.js";
import { BreakingLine } from "./breaking-line.js";
import { RunningCommand } from "./running-command.js";
import { type Ended, PLINTH, ServedFolder } from "./served-folder.js";

const execute = promisify(execFile);

let served: ServedFolder;
let folder: string;
let url: string;

const plinth = (...words: readonly string[]): Promise<Ended> => served.plinth(...words);
const untilPrinted = (pattern: RegExp, ...words: readonly string[]) => served.untilPrinted(pattern, ...words);

beforeAll(async () => {
  served = await ServedFolder.start(
    "storage: { use: disk, root: ./models, settleMs: 0 }\nprotocols: [{ use: rest, port: 0 }]\n",
    (path) => cp(join(ROOT, "examples", "digits", "models"), join(path, "models"), { recursive: true }),
  );
  folder = served.path;
  url = served.url;
});

afterAll(() => served[Symbol.asyncDispose]());

/** The lines of the first block of a README that holds `marker`. */
async function readmeLines(file: string, marker: string): Promise<readonly string[]> {
  const blocks = (await readFile(join(ROOT, file), "utf8")).matchAll(/```sh\n([\s\S]*?)```/g);
  const block = [...blocks].map(([, text = ""]) => text).find((text) => text.includes(marker));
  return (block ?? "").trim().split("\n");
}

describe("the lines of the READMEs", () => {
  it("work when they are typed one after the other", async () => {
    const work = await mkdtemp(join(tmpdir(), "plinth-readme-"));
    const config = join(work, "config.yaml");
    const models = join(ROOT, "examples", "digits", "models");
    await cp(models, join(work, "examples", "digits", "models"), { recursive: true });
    const text = await readFile(join(ROOT, "config.yaml"), "utf8");
    await writeFile(config, text.replace(/port: 85\d\d/g, "port: 0").replace("models\n", "models\n  settleMs: 0\n"));
    const readme = new RunningCommand(process.execPath, [PLINTH, "serve", config], work);
    try {
      const [, address = ""] = await readme.line(/^Plinth listens on ([^\s,]+)/);
      for (const folder of ["my-digits", "digits-3"])
        await cp(join(models, "digits", "1"), join(work, folder), { recursive: true });
      const lines = [
        ...(await readmeLines("README.md", "npx plinth push")),
        ...(await readmeLines("plugins/management/README.md", "/api/history")),
      ];
      expect(lines).toHaveLength(8);
      for (const line of lines) {
        const typed = line
          .replace("npx plinth", `${process.execPath} ${PLINTH}`)
          .replaceAll("http://127.0.0.1:8501", address)
          .replace("versions/3", "versions/4")
          .replace(/^(.*)curl/, "$1curl --silent --show-error --fail-with-body");
        const env = { ...process.env, PLINTH_SERVER: address };
        await execute("bash", ["-c", `set -o pipefail; ${typed}`], { cwd: work, env });
      }
    } finally {
      await readme.stop();
      await rm(work, { recursive: true });
    }
  });
});

describe("the commands over the management API", () => {
  it("tell the story of a model, for people and for programs", async () => {
    expect((await plinth("status")).stdout).toMatch(/^Ready, up for .*\n\nMODEL .*\ndigits +yes +2, 1 \(stored\)/);
    expect((await plinth("load", "digits", "1", "--why", "to compare")).stdout).toContain("load 1");
    await untilPrinted(/^1 +available/m, "versions", "digits");
    expect((await plinth("label", "digits", "stable", "1", "-w", "proven")).stdout).toMatch(/^stable +1$/m);
    expect((await plinth("label", "digits", "canary", "2")).code).toBe(0);
    const split = await plinth(
      "traffic",
      "digits",
      "stable=90",
      "canary=10",
      "--shadow",
      "canary=5",
      "--sticky-by",
      "X-User",
    );
    expect(split.stdout).toBe(
      "TARGET  SHARE\nstable  90 %\ncanary  10 %\nSticky by the header x-user\n5 % mirrored to canary\n",
    );
    expect((await plinth("traffic", "digits", "stable=80", "canary=20", "--no-shadow")).stdout).toBe(
      "TARGET  SHARE\nstable  80 %\ncanary  20 %\nSticky by the header x-user\n",
    );
    expect((await plinth("traffic", "digits", "stable=1", "canary=0", "--no-sticky-by")).stdout).toBe(
      "TARGET  SHARE\nstable  100 %\n",
    );
    expect((await plinth("rollback", "digits", "3")).stdout).toContain("rollback 3");
    expect((await plinth("traffic", "digits")).stdout).toBe("All to the newest available version\n");
    const { stdout } = await plinth("history", "digits", "-o", "json");
    expect(JSON.parse(stdout).items.map(({ action }: { action: { kind: string } }) => action.kind)).toEqual([
      "rollback",
      "set-traffic",
      "set-traffic",
      "set-traffic",
      "set-label",
      "set-label",
      "load",
    ]);
    expect(parse((await plinth("history", "--limit", "1", "-o", "yaml")).stdout)).toMatchObject({
      items: [{ revision: 7, action: { kind: "rollback", to: 3 } }],
    });
    expect((await plinth("history")).stdout).toMatch(
      /set-traffic stable=90 canary=10 --sticky-by x-user --shadow canary=5/,
    );
  });

  it("push and pull a version as it is", async () => {
    const source = join(ROOT, "examples", "digits", "models", "digits", "1");
    expect((await plinth("push", "copies", source)).stdout).toBe("Published version 1 of model copies\n");
    expect((await plinth("push", "copies", source, "--model-version", "7")).stdout).toBe(
      "Published version 7 of model copies\n",
    );
    expect((await plinth("push", "copies", source, "--model-version", "7")).code).toBe(5);
    expect((await plinth("pull", "copies", "7", "pulled")).code).toBe(0);
    const pulled = await readFile(join(folder, "pulled", "model.onnx"));
    expect(pulled.equals(await readFile(join(source, "model.onnx")))).toBe(true);
    expect((await plinth("pull", "copies", "7", "pulled")).stderr).toContain("pulled is there already");
    expect((await plinth("pull", "copies", "8", "other")).code).toBe(4);
    const { size } = await stat(join(source, "model.onnx"));
    const again = join(folder, "again");
    expect(JSON.parse((await plinth("pull", "copies", "7", "again", "-o", "json")).stdout)).toEqual({
      model: "copies",
      version: "7",
      folder: again,
      files: 1,
      bytes: size,
    });
    expect((await plinth("remove", "copies", "1", "-w", "old")).stdout).toMatch(/remove 1 +old/);
    expect((await plinth("remove", "copies", "1")).code).toBe(4);
    expect((await plinth("remove", "copies", "2", "--force")).code).toBe(2);
    await untilPrinted(/^7 +available/m, "versions", "copies");
    expect((await plinth("unload", "copies")).code).toBe(0);
    expect((await plinth("models")).stdout).toMatch(/^copies +not served/m);
    await plinth("load", "copies");
    expect((await plinth("remove", "copies")).stderr).toContain("MODEL_IN_USE");
    expect((await plinth("remove", "copies", "--force", "-w", "done")).stdout).toMatch(/copies +\S+ +remove +done/);
    expect((await plinth("models")).stdout).not.toContain("copies");
    expect((await plinth("remove", "copies")).code).toBe(4);
  });

  it("push and load end once the version is served, or say why it cannot be", async () => {
    const source = join(ROOT, "examples", "digits", "models", "digits", "1");
    expect(await plinth("push", "awaited", source)).toMatchObject({ code: 0 });
    expect(await plinth("label", "awaited", "first", "1")).toMatchObject({ code: 0 });
    await mkdir(join(folder, "broken"));
    await writeFile(join(folder, "broken", "model.onnx"), "no ONNX at all");
    const refused = {
      code: 1,
      stderr: expect.stringMatching(/^Version 2 of model awaited .* cannot be loaded: model\.onnx is no ONNX/),
    };
    expect(await plinth("push", "awaited", "broken")).toMatchObject(refused);
    expect(await plinth("load", "awaited")).toMatchObject(refused);
    expect(await plinth("push", "awaited", "broken", "--no-wait")).toMatchObject({
      code: 0,
      stdout: "Published version 3 of model awaited\n",
    });
  });

  it("push goes on where the connection broke, and where it was killed", async () => {
    const source = join(ROOT, "examples", "digits", "models", "digits", "2");
    const { size } = await stat(join(source, "model.onnx"));
    await using line = await BreakingLine.to(url);
    line.breakAfter(size / 2);
    expect(await plinth("push", "cut", source, "--server", line.url)).toMatchObject({ code: 0 });
    expect(line.breaks).toBe(1);

    line.stallAfter(size / 2);
    const words = [PLINTH, "push", "killed", source, "--server", line.url];
    const state = { ...process.env, XDG_STATE_HOME: join(folder, "state") };
    const child = spawn(process.execPath, words, { cwd: folder, env: state });
    await line.stalled;
    child.kill("SIGKILL");
    await once(child, "exit");
    line.passAll();
    const sentBefore = line.bytesSent;
    const { stdout } = await execute(process.execPath, words, { cwd: folder, env: state });
    expect(stdout).toBe("Published version 1 of model killed\n");
    expect(line.bytesSent - sentBefore, "the rest alone was sent").toBeLessThan(size * 0.9);
    await untilPrinted(/^1 +available/m, "versions", "killed");
  });

  it("leave nothing behind of a pull that is interrupted", async () => {
    await using line = await BreakingLine.to(url);
    line.stallAnswersAfter(50_000);
    const words = [PLINTH, "pull", "digits", "1", "interrupted", "--server", line.url];
    const child = spawn(process.execPath, words, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
    const said = textOf(child.stderr);
    await line.stalled;
    child.kill("SIGINT");
    const [code] = await once(child, "exit");
    expect([code, await said]).toEqual([1, "Interrupted; nothing was left behind, pull it again\n"]);
    expect((await readdir(folder)).filter((name) => name.includes("interrupted"))).toEqual([]);
  });

  it("read the configuration again on request and when the file changes, and pin what it says", async () => {
    const { config } = served;
    const text = await readFile(config, "utf8");
    await writeFile(config, `${text}models: { digits: { versions: all, labels: { fixed: 2 } } }\n`);
    await untilPrinted(/fixed +2 +.*config\.yaml:3:/, "label", "digits");
    const pinned = await plinth("label", "digits", "fixed", "1");
    expect([pinned.code, pinned.stderr]).toEqual([
      5,
      expect.stringMatching(/config\.yaml:3:\d+.*\(PINNED_BY_CONFIG\)/s),
    ]);
    const past = await plinth("rollback", "digits", "0");
    expect([past.code, past.stderr]).toEqual([5, expect.stringMatching(/config\.yaml:3:\d+.*\(PINNED_BY_CONFIG\)/s)]);
    expect((await plinth("reload")).stdout).toContain("unchanged: digits");
    await writeFile(config, `${text}models: { digits: { versions: most } }\n`);
    const bad = await plinth("reload");
    expect([bad.code, bad.stderr]).toEqual([5, expect.stringContaining("config.yaml:3:31")]);
    await writeFile(config, text);
    expect((await plinth("reload")).code).toBe(0);
  });

  it("tell what a server is made of, what it runs by, and what went wrong in it", async () => {
    expect((await plinth("config")).stdout).toMatch(/^storage\.root +\.\/models +\S*config\.yaml:1:\d+$/m);
    expect((await plinth("config")).stdout).not.toContain("server.host");
    expect((await plinth("config", "--defaults")).stdout).toMatch(/^server\.host +127\.0\.0\.1 +default$/m);
    expect((await plinth("plugins")).stdout).toMatch(/^@plinth\/storage-disk +\d+\.\d+\.\d+ +storage disk +\//m);
    expect((await plinth("storage")).stdout).toMatch(/^disk: \d+ versions of \d+ models\n.*\nRecords can be written\n/);
    await fetch(`${url}/v1/models/digits:predict`, { method: "POST", body: "no JSON" });
    expect((await plinth("logs", "--group", "--level", "warn")).stdout).toMatch(
      /^\d+ +warn +REQUEST_INVALID +digits 2 /m,
    );
    const { stdout } = await plinth("logs", "--reason", "REQUEST_INVALID", "-n", "1", "-o", "json");
    const [entry] = JSON.parse(stdout).items;
    expect((await plinth("logs", "--entry", String(entry.id))).stdout).toMatch(/^reason: REQUEST_INVALID$/m);
    expect((await plinth("logs", "--entry", "1")).code).toBe(4);
  });

  it("show the token of a file or of the environment to a server that wants one", async () => {
    const token = "a-token-for-this-test";
    const work = await mkdtemp(join(tmpdir(), "plinth-token-"));
    const config = join(work, "config.yaml");
    const section = `server: { managementTokens: { tester: "${token}" } }\n`;
    await writeFile(config, `${section}storage: { use: memory }\nprotocols: [{ use: rest, port: 0 }]\n`);
    await writeFile(join(work, "token"), `${token}\n`);
    const guarded = new RunningCommand(process.execPath, [PLINTH, "serve", config], work);
    try {
      const [, address = ""] = await guarded.line(/^Plinth listens on (\S+)/);
      const refused = await plinth("status", "--server", address);
      expect([refused.code, refused.stderr]).toEqual([5, expect.stringMatching(/wants a token.*PLINTH_TOKEN/)]);
      expect((await plinth("status", "--server", address, "--token-file", config)).stderr).toMatch(
        /expected one token/,
      );
      const shown = await plinth("config", "--server", address, "--token-file", join(work, "token"));
      expect(shown.stdout).toMatch(/^server\.managementTokens\.tester +\(hidden\) /m);
      expect(shown.stdout).not.toContain(token);
    } finally {
      await guarded.stop();
      await rm(work, { recursive: true });
    }
  });

  it("complete commands, options and names in a shell", async () => {
    const complete = async (...words: readonly string[]) =>
      (await plinth("complete", "--", ...words)).stdout.split("\n").filter(Boolean);
    expect(await complete("ver")).toEqual(["versions"]);
    expect(await complete("")).toContain("rollback");
    expect(await complete("comp")).toEqual(["completion"]);
    expect(await complete("versions", "")).toContain("digits");
    expect(await complete("label", "-o", "json", "digits", "")).toContain("stable");
    expect(await complete("label", "digits", "stable", "")).toEqual(["2", "1"]);
    expect(await complete("history", "--")).toEqual([
      "--server",
      "--token-file",
      "--ca-file",
      "--certificate-file",
      "--key-file",
      "--output",
      "--limit",
      "--before",
    ]);
    expect(await complete("history", "--output", "")).toEqual(["table", "json", "yaml"]);
    expect(await complete("completion", "")).toEqual(["bash", "zsh", "fish"]);
    expect(await complete("nonsense", "")).toEqual([]);
    expect(await complete("push", "digits", "")).toEqual([]);
    expect(await complete("rollback", "digits", "")).toContain("1");
    expect(await complete("traffic", "digits", "stable", "=", "90", "")).toEqual(["canary=", "stable=", "2=", "1="]);
    expect(await complete("top", "--")).toEqual([
      "--server",
      "--token-file",
      "--ca-file",
      "--certificate-file",
      "--key-file",
      "--output",
      "--once",
      "--interval",
    ]);
    expect(await complete("copy", "--")).toEqual(["--from", "--to", "--no-records", "--output"]);
    expect(await complete("logs", "--model", "dig")).toEqual(["digits"]);
    expect(await complete("logs", "--model", "digits", "--model-version", "")).toEqual(["2", "1"]);
    expect(await complete("logs", "--level", "")).toEqual(["info", "warn", "error"]);
    const [protocol = "", host = "", port = ""] = url.split(":");
    const elsewhere = { ...process.env, PLINTH_SERVER: "http://127.0.0.1:1" };
    const words = [PLINTH, "complete", "--", "versions", "--server", protocol, ":", host, ":", port, "dig"];
    expect((await execute(process.execPath, words, { env: elsewhere })).stdout).toBe("digits\n");
    const path = `${join(folder, "bin")}:${process.env.PATH}`;
    await mkdir(join(folder, "bin"));
    await symlink(PLINTH, join(folder, "bin", "plinth"));
    const script =
      'eval "$(plinth completion bash)"; COMP_WORDS=(plinth versions dig); COMP_CWORD=2; _plinth; echo "$COMPREPLY"';
    const env = { ...process.env, PATH: path, PLINTH_SERVER: url };
    expect((await execute("bash", ["-c", script], { env })).stdout).toBe("digits\n");
  });

  it.each([
    [4, "There is no model", ["versions", "nope"]],
    [4, "has no label", ["label", "digits", "nope"]],
    [4, "VERSION_NOT_FOUND", ["label", "digits", "stable", "99"]],
    [4, "REVISION_NOT_FOUND", ["rollback", "digits", "999"]],
    [5, "CHANGE_INVALID", ["label", "digits", "7", "1"]],
    [2, "as stable=95", ["traffic", "digits", "stable"]],
    [2, "cannot be read", ["push", "digits", "/nowhere"]],
    [2, "--reset without", ["traffic", "digits", "stable=1", "--reset"]],
    [2, "above 0 for one target", ["traffic", "digits", "stable=0"]],
    [2, "a whole number from 0 on", ["rollback", "digits", "last"]],
    [2, "the number of a version", ["push", "digits", ".", "--model-version", "new"]],
    [2, "from 1 to 1000", ["history", "--limit", "0"]],
    [2, "seconds from 0.1", ["top", "--interval", "0"]],
    [2, "missing required argument", ["versions"]],
    [3, "No Plinth server answers at http://127.0.0.1:1", ["status", "--server", "http://127.0.0.1:1"]],
    [3, "No Plinth server answers at nonsense", ["status", "--server", "nonsense"]],
  ] as const)("end with %i and one clear line: %s", async (code, words, command) => {
    const ended = await plinth(...command);
    expect([ended.code, ended.stderr]).toEqual([code, expect.stringContaining(words)]);
    expect(ended.stderr).not.toContain("    at ");
  });
});
