import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { ROOT } from "../architecture/source-files.js";
import { openBrowser, openPage, picture } from "./browser.js";
import { ConsoleServer } from "./console-server.js";

const execute = promisify(execFile);
const DIGITS = join(ROOT, "examples", "digits");

let browser: Browser;
let server: ConsoleServer;
let page: Page;

beforeAll(async () => {
  browser = await openBrowser();
  server = await ConsoleServer.start({
    backends: [
      { use: "onnx" },
      { use: join(ROOT, "test", "built", "behaving-backend.mjs") },
      { use: join(ROOT, "test", "console", "asking-backend.mjs") },
    ],
  });
  await server.place("digits", 2, "model.onnx", await readFile(join(DIGITS, "models", "digits", "2", "model.onnx")));
  await server.place("behaving", 1, "behaviour.json", "{}");
  await server.place("asking", 1, "ways.json", "{}");
  const state = async (model: string) => (await fetch(`${server.url}/v1/models/${model}`)).text();
  const areThere = async () => {
    for (const model of ["digits", "behaving", "asking"]) expect(await state(model)).toContain("AVAILABLE");
  };
  await vi.waitFor(areThere, { timeout: 30_000, interval: 100 });
});

afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
});

beforeEach(async () => {
  page = await openPage(browser, server.url);
  return () => page.close();
});

/** A stroke with the pointer over parts of the sheet. */
async function draw(sheet: Locator, [first, ...others]: readonly (readonly [x: number, y: number])[]): Promise<void> {
  await sheet.scrollIntoViewIfNeeded();
  const box = (await sheet.boundingBox()) ?? expect.fail("the sheet is not seen");
  const move = ([x, y]: readonly [number, number]) =>
    page.mouse.move(box.x + x * box.width, box.y + y * box.height, { steps: 8 });
  await move(first ?? [0, 0]);
  await page.mouse.down();
  for (const spot of others) await move(spot);
  await page.mouse.up();
}

const predict = () => page.getByRole("button", { name: "Predict" });
const output = (name: string) => page.locator("dt", { hasText: name }).locator("xpath=following-sibling::dd[1]");
const open = (what: string) => page.locator("summary").getByText(what, { exact: true }).click();
const lines = (language: string) => page.getByRole("region", { name: language, exact: true });

describe("a request to try", () => {
  it("recognises a seven that was drawn, and is sent the same by the lines for elsewhere", async () => {
    await page.goto("/console/models/digits");
    const sheet = page.getByRole("application");
    await draw(sheet, [
      [0.25, 0.25],
      [0.75, 0.25],
      [0.45, 0.85],
    ]);
    await predict().click();
    await expect.poll(() => output("digit").innerText()).toBe("7");
    await output("probabilities").getByRole("rowheader", { name: "7" }).waitFor();
    await picture(page, "try-1-drawn");

    await open("The answer as it came");
    const answer = JSON.parse(await lines("the answer").innerText());
    for (const printed of await printedElsewhere()) expect(JSON.parse(printed)).toEqual(answer);
  });

  it("can be drawn from a keyboard", async () => {
    await page.goto("/console/models/digits");
    const sheet = page.getByRole("application");
    await sheet.focus();
    // A one: down the middle.
    for (let row = 0; row < 9; row++) await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Space");
    for (let row = 0; row < 18; row++) await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Space");
    await page.keyboard.press("Tab");
    await predict().focus();
    await page.keyboard.press("Enter");
    await expect.poll(() => output("digit").innerText()).toBe("1");
  });

  it("takes a picture, scaled to what the model wants", async () => {
    await page.goto("/console/models/digits");
    await page.getByRole("button", { name: "Picture" }).click();
    await page.getByText("No picture was chosen yet.").waitFor();
    expect(await predict().isDisabled()).toBe(true);
    const file = join(server.folder, "no-picture.png");
    await writeFile(file, "this is no picture");
    await page.getByLabel(/^Drop a picture/).setInputFiles(file);
    await page.getByText("cannot read no-picture.png").waitFor();

    // Black on white, as people write.
    const seven = `<svg xmlns="http://www.w3.org/2000/svg" width="280" height="280"><rect width="280" height="280" fill="#fff"/>
      <path d="M80 80H200L120 220" stroke="#000" stroke-width="24" fill="none"/></svg>`;
    const drawn = await browser.newPage();
    await drawn.setViewportSize({ width: 280, height: 280 });
    await drawn.setContent(`<body style="margin: 0">${seven}`);
    const buffer = await drawn.screenshot();
    await drawn.close();
    await page.getByLabel(/^Drop a picture/).setInputFiles({ name: "seven.png", mimeType: "image/png", buffer });
    await page.getByRole("checkbox", { name: /^Inverted/ }).check();
    await predict().click();
    await expect.poll(() => output("digit").innerText()).toBe("7");
    await picture(page, "try-2-picture");
  });

  it("says what is wrong before it is sent, and in full what the server refuses", async () => {
    await page.goto("/console/models/digits");
    await page.getByRole("button", { name: "Numbers" }).click();
    await page.getByLabel("image", { exact: true }).fill("1, 2, three");
    await page.getByText("“three” is no number.").waitFor();
    expect(await predict().isDisabled()).toBe(true);
    await page.getByLabel("image", { exact: true }).fill("1, 2, 3");
    await page.getByText("The shape [any, 784] takes 784 numbers").waitFor();
    await page.getByRole("button", { name: "JSON" }).first().click();
    await page.getByLabel("Body of the request").fill('{"inputs": ');
    await page.getByText("This is no JSON").waitFor();
    expect(await predict().isDisabled()).toBe(true);
    await page.getByLabel("Body of the request").fill('{"inputs": [[1, 2]]}');
    await predict().click();
    await page.getByText("Refused with status 400").waitFor();
    const [shown] = await page.locator(".answer .failure").allInnerTexts();
    const refused = await fetch(`${server.url}/v1/models/digits:predict`, {
      method: "POST",
      body: '{"inputs": [[1, 2]]}',
    });
    expect({ error: shown }).toEqual(await refused.json());
    await picture(page, "try-3-refused");
  });

  it("takes text, and another signature", async () => {
    await page.goto("/console/models/behaving");
    await page.getByLabel("command", { exact: true }).fill('echo it\'s "quoted" $HOME');
    await predict().click();
    await expect.poll(() => output("answer").innerText()).toBe('it\'s "quoted" $HOME');
    await open("curl");
    const { stdout } = await execute("sh", ["-c", await copied("curl")]);
    expect(JSON.parse(stdout)).toEqual({ outputs: ['it\'s "quoted" $HOME'] });
    await page.getByLabel("Signature").selectOption("echo");
    await page.getByLabel("x", { exact: true }).fill("0.5 NaN -1e3");
    await predict().click();
    await expect.poll(() => output("y").innerText()).toContain("[0.5,NaN,-1000]");
  });

  it("has an example classified by the features that the signature takes, and is sent the same by the lines for elsewhere", async () => {
    await page.goto("/console/models/asking");
    await page.getByLabel("Signature").selectOption("kind");
    const weights = page.getByLabel("Values of weights");
    await weights.fill("1 two");
    await page.getByText("weights: “two” is no number.").waitFor();
    await weights.fill("1, 0.5");
    await page.getByRole("button", { name: "Classify" }).last().click();
    const result = output("result");
    await result.getByRole("row", { name: /cat 1\.0/ }).waitFor();
    await result.getByRole("row", { name: /dog 0\.5/ }).waitFor();
    await picture(page, "try-4-classified");
    const expected = {
      results: [
        [
          ["cat", 1],
          ["dog", 0.5],
        ],
      ],
    };
    for (const printed of await printedElsewhere()) expect(JSON.parse(printed)).toEqual(expected);

    await page.getByRole("button", { name: "Predict" }).click();
    await page.getByLabel("weights, element 0").fill("2");
    await page.getByRole("button", { name: "Predict" }).last().click();
    await output("classes").getByText("cat").waitFor();
  });

  it("has an example regressed whose features only the model knows", async () => {
    await page.goto("/console/models/asking");
    await page.getByLabel("Signature").selectOption("length");
    await page.getByLabel("Values of feature 1").fill("0.5");
    await page.getByText("“0.5” has no name of a feature.").waitFor();
    await page.getByLabel("Name of feature 1").fill("weight");
    await page.getByRole("button", { name: "Add a feature" }).click();
    await page.getByLabel("Name of feature 2").fill("kind");
    await page.getByLabel("Kind of feature 2").selectOption("text");
    await page.getByLabel("Values of feature 2").fill('it\'s a "cat"');
    await page.getByRole("button", { name: "Regress" }).last().click();
    await expect.poll(() => output("result").innerText()).toMatch(/^\d+$/);
    const value = Number(await output("result").innerText());
    for (const printed of await printedElsewhere()) expect(JSON.parse(printed)).toEqual({ results: [value] });
    await page.getByRole("button", { name: "JSON" }).click();
    expect(await page.getByLabel("Body of the request").inputValue()).toBe(
      '{"signature_name": "length", "examples": [{"weight": 0.5, "kind": "it\'s a \\"cat\\""}]}',
    );
    await picture(page, "try-5-regressed");
  });

  it("shows the answers of a model that streams as they come, and can be stopped", async () => {
    await page.goto("/console/models/behaving");
    await page.getByLabel("Signature").selectOption("steps");
    await page.getByRole("button", { name: "JSON" }).last().click();
    const left = join(server.folder, "left");
    const commands = (...all: string[]) => page.getByLabel("commands as JSON").fill(JSON.stringify(all));
    await commands("echo so ", "echo far", `wait ${left}`);
    await page.getByRole("button", { name: "Generate" }).click();
    await page.getByText("2 answers so far").waitFor();
    await expect.poll(() => output("answer").innerText()).toBe("so far");
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByText("2 answers", { exact: true }).waitFor();
    await vi.waitFor(() => readFile(left), { timeout: 10_000, interval: 50 });

    await commands("echo so ", "echo good");
    await page.getByRole("button", { name: "Generate" }).click();
    await expect.poll(() => output("answer").innerText()).toBe("so good");
    await picture(page, "try-6-streamed");
    for (const printed of await printedElsewhere()) {
      const events = [...printed.matchAll(/^data: (.*)$/gm)].map(([, event = ""]) => JSON.parse(event).answer);
      expect(events).toEqual(["so ", "good"]);
    }
  });
});

/** What the lines for elsewhere print, run as they are copied: those for a shell, Python and TypeScript. */
async function printedElsewhere(): Promise<readonly string[]> {
  for (const language of ["curl", "Python", "TypeScript"]) await open(language);
  const programs = [
    ["sh", ["-c", await copied("curl")]],
    ["python3", ["-c", await copied("Python")]],
    [process.execPath, ["--input-type=module", "-e", await copied("TypeScript")]],
  ] as const;
  return Promise.all(programs.map(async ([command, given]) => (await execute(command, [...given])).stdout));
}

/** What the copy button puts into the clipboard. */
async function copied(what: string): Promise<string> {
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByRole("button", { name: `Copy ${what}`, exact: true }).click();
  await page.getByText("Copied").first().waitFor();
  return page.evaluate("navigator.clipboard.readText()");
}
