import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ROOT } from "../architecture/source-files.js";
import { openBrowser, openPage, picture } from "./browser.js";
import { ConsoleServer } from "./console-server.js";

const DIGITS = join(ROOT, "examples", "digits", "models", "digits");

let browser: Browser;
let server: ConsoleServer;
let page: Page;

beforeAll(async () => {
  browser = await openBrowser();
});

afterAll(() => browser.close());

beforeEach(async () => {
  server = await ConsoleServer.start();
  page = await openPage(browser, server.url);
  await page.setViewportSize({ width: 1280, height: 900 });
});

afterEach(async () => {
  await page.close();
  await server[Symbol.asyncDispose]();
});

/** Uploads a version, and sees what becomes of it. */
async function upload(file: string, state: string, model?: string): Promise<void> {
  await page.getByRole("button", { name: /^Upload a/ }).click();
  if (model !== undefined) await page.getByLabel("Name of the model").fill(model);
  await page.getByLabel("files").setInputFiles(file);
  await page.getByRole("button", { name: "Upload", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText(state, { exact: true }).waitFor();
  await picture(page, `story-uploaded-${state}`);
  await dialog.getByRole("button", { name: "Close" }).click();
  await dialog.waitFor({ state: "detached" });
}

async function confirm(action: string, why: string): Promise<void> {
  await page.getByLabel(/^Why/).fill(why);
  await page.getByRole("dialog").getByRole("button", { name: action }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
}

const goTo = (name: string) =>
  page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name, exact: true }).click();

const versionRow = (version: string) =>
  page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: version, exact: true }) });

/** Draws a seven and asks for it. */
async function ask(): Promise<void> {
  const sheet = page.getByRole("application");
  await sheet.scrollIntoViewIfNeeded();
  const box = (await sheet.boundingBox()) ?? expect.fail("the sheet is not seen");
  const move = (x: number, y: number) => page.mouse.move(box.x + x * box.width, box.y + y * box.height, { steps: 8 });
  await move(0.25, 0.25);
  await page.mouse.down();
  await move(0.75, 0.25);
  await move(0.45, 0.85);
  await page.mouse.up();
  await page.getByRole("button", { name: "Predict" }).click();
  await page.getByRole("row", { name: /^7 / }).waitFor();
}

describe("the console", () => {
  it("leads from an empty server to a model that is uploaded, asked, labelled, shared out, compared, broken, taken back and removed", async () => {
    await page.goto("/console/");
    await page.getByText("There is no model yet").waitFor();
    await picture(page, "story-01-empty");

    await upload(join(DIGITS, "1", "model.onnx"), "available", "digits");
    await page.getByRole("link", { name: "digits" }).first().click();
    await versionRow("1").getByText("available").waitFor();
    await ask();
    await picture(page, "story-02-predicted");

    await page.getByRole("textbox", { name: "Label" }).fill("stable");
    await page.getByRole("button", { name: "Set …" }).click();
    await confirm("Set the label", "it is good");
    await page.getByText("stable → version 1").waitFor();

    await upload(join(DIGITS, "2", "model.onnx"), "available");
    await versionRow("2").getByText("available").waitFor();
    await page.getByRole("slider", { name: "stable" }).fill("75");
    await page.getByRole("slider", { name: "version 2" }).fill("25");
    await page.getByRole("button", { name: "Change the traffic …" }).click();
    await page.getByRole("dialog").getByText("75 %").waitFor();
    await picture(page, "story-03-before-and-after");
    await confirm("Change", "try the second on a quarter");
    await page.getByRole("button", { name: "Change the traffic …", disabled: true }).waitFor();

    await mirror();
    await page.getByRole("region", { name: "Mirrored requests" }).getByText("gave the same answer").waitFor();
    await page.getByRole("columnheader", { name: "Against 1" }).waitFor();
    await expect.poll(() => versionRow("Latency, p50").getByRole("cell").last().innerText()).toMatch(/%|as much|times/);
    await picture(page, "story-05-compared");

    const broken = join(server.folder, "model.onnx");
    await writeFile(broken, "this is no model");
    await upload(broken, "failed");
    await versionRow("3").getByText("failed").waitFor();
    await picture(page, "story-06-broken");
    await goTo("Models");
    await page.getByRole("region", { name: "Needs attention" }).getByText("version 3").waitFor();
    await picture(page, "story-07-needs-attention");

    await goTo("Errors");
    await page
      .getByText(/model\.onnx/)
      .first()
      .waitFor();
    await picture(page, "story-08-errors");

    await goTo("History");
    const labelled = page.getByRole("listitem").filter({ hasText: "label stable to version 1" });
    await labelled.locator("summary").click();
    await labelled.getByRole("button", { name: /^Roll back/ }).click();
    await confirm("Roll back", "all requests to the first again");
    await page.getByText(/rolled back to revision/).waitFor();
    await picture(page, "story-09-history");
    const { rules } = (await (await fetch(`${server.url}/api/models/digits/traffic`)).json()) as {
      readonly rules: unknown;
    };
    expect(rules).toEqual({ split: {} });

    await page.getByRole("link", { name: "Open the model" }).first().click();
    await page.getByRole("button", { name: "Remove the model" }).click();
    await page.getByText("It is taken out of service. Its 3 versions,").waitFor();
    await picture(page, "story-10-remove");
    await confirm("Remove the model", "that was it");
    await page.getByText("There is no model yet").waitFor();
    await page.goBack();
    await page.getByText("There is no model of this name, or not any more.").waitFor();
    expect(await page.title()).toBe("digits – Plinth");
    await page.getByRole("link", { name: "what became of it" }).click();
    await page.getByText("removed as a whole").waitFor();
    await picture(page, "story-11-what-became-of-it");
  });
});

/** Has every request mirrored to the second version, and asks for some. */
async function mirror(): Promise<void> {
  await page.getByLabel("Mirror to").selectOption("version 2");
  const percent = page.getByLabel("Percent of the requests");
  await percent.fill("101");
  await page.getByRole("button", { name: "Change the traffic …" }).click();
  expect(
    await percent.evaluate((field) => (field as unknown as { validationMessage: string }).validationMessage),
  ).toMatch(/100/);
  await percent.fill("100");
  await page.getByRole("button", { name: "Change the traffic …" }).click();
  const differences = page.getByRole("dialog").getByRole("row");
  await differences.filter({ hasText: "mirrored to 2" }).getByText("100 %").waitFor();
  expect(await differences.count(), "the head, and nothing that stays as it is").toBe(2);
  await picture(page, "story-04-mirrored-before-and-after");
  await confirm("Change", "does the second agree with the first?");
  await page.getByText("100 % are mirrored to 2").waitFor();
  const rules = { split: { stable: 75, "2": 25 }, shadow: { to: "2", percent: 100 } };
  expect(await (await fetch(`${server.url}/api/models/digits/traffic`)).json()).toMatchObject({ rules });
  const body = JSON.stringify({ inputs: [new Array(784).fill(0)] });
  for (let request = 0; request < 40; request++) {
    await (await fetch(`${server.url}/v1/models/digits:predict`, { method: "POST", body })).arrayBuffer();
  }
}
