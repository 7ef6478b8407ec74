import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ROOT } from "../architecture/source-files.js";
import { RunningCommand } from "../built/running-command.js";
import { barriers, openBrowser, openPage, PHONE, picture, WALL } from "./browser.js";

const PLINTH = join(ROOT, "cli", "bin", "plinth.js");
const DIGITS = join(ROOT, "examples", "digits", "models", "digits");

let browser: Browser;
let folder: string;
let server: RunningCommand;
let url: string;
let page: Page;

beforeAll(async () => {
  browser = await openBrowser();
});

afterAll(() => browser.close());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "plinth-console-"));
  await mkdir(join(folder, "models"));
  const config = "storage: { use: disk, root: ./models, settleMs: 0 }\nprotocols: [{ use: rest, port: 0 }]\n";
  await writeFile(join(folder, "config.yaml"), `server: { pollIntervalMs: 100 }\n${config}`);
  server = new RunningCommand(process.execPath, [PLINTH, "serve", join(folder, "config.yaml")], folder);
  url = (await server.line(/^Plinth listens on (\S+)$/))[1] ?? "";
  page = await openPage(browser, url);
});

afterEach(async () => {
  await page.close();
  await server.stop().catch(() => {});
  await rm(folder, { recursive: true });
});

async function upload(file: string, model?: string): Promise<void> {
  await page.getByRole("button", { name: /^Upload a/ }).click();
  if (model !== undefined) await page.getByLabel("Name of the model").fill(model);
  await page.getByLabel("files").setInputFiles(file);
  await page.getByRole("button", { name: "Upload", exact: true }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
}

async function confirm(action: string, why: string): Promise<void> {
  await page.getByLabel(/^Why/).fill(why);
  await page.getByRole("dialog").getByRole("button", { name: action }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
}

const versionRow = (version: string) =>
  page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: version }) });

describe("the console", () => {
  it("leads from an empty server to a model that is uploaded, asked, labelled, shared out, broken and taken back", async () => {
    await page.goto("/console/");
    await page.getByText("There is no model yet").waitFor();
    await picture(page, "1-empty");

    await upload(join(DIGITS, "1", "model.onnx"), "digits");
    await page.getByRole("link", { name: "digits" }).first().click();
    await versionRow("1").getByText("available").waitFor();

    await page.getByRole("button", { name: "Predict" }).click();
    await page.getByText(/"outputs"/).waitFor();
    await picture(page, "2-predicted");

    await page.getByRole("textbox", { name: "Label" }).fill("stable");
    await page.getByRole("button", { name: "Set …" }).click();
    await confirm("Set the label", "it is good");
    await page.getByText("stable → version 1").waitFor();

    await upload(join(DIGITS, "2", "model.onnx"));
    await versionRow("2").getByText("available").waitFor();
    await page.getByRole("slider", { name: "stable" }).fill("75");
    await page.getByRole("slider", { name: "version 2" }).fill("25");
    await page.getByRole("button", { name: "Share out …" }).click();
    await page.getByRole("dialog").getByText("75 %").waitFor();
    await picture(page, "3-before-and-after");
    await confirm("Share out", "try the second on a quarter");
    await page.getByRole("button", { name: "Share out …", disabled: true }).waitFor();

    const broken = join(folder, "model.onnx");
    await writeFile(broken, "this is no model");
    await upload(broken);
    await versionRow("3").getByText("failed").waitFor();
    await picture(page, "4-broken");
    await page.getByRole("link", { name: "Models" }).click();
    await page.getByRole("region", { name: "Needs attention" }).getByText("version 3").waitFor();
    await picture(page, "5-needs-attention");

    await page.getByRole("link", { name: "History" }).click();
    const labelled = page.getByRole("listitem").filter({ hasText: "label stable to version 1" });
    await labelled.locator("summary").click();
    await labelled.getByRole("button", { name: /^Roll back/ }).click();
    await confirm("Roll back", "all requests to the first again");
    await page.getByText(/rolled back to revision/).waitFor();
    await picture(page, "6-history");
    const { rules } = (await (await fetch(`${url}/api/models/digits/traffic`)).json()) as { readonly rules: unknown };
    expect(rules).toEqual({ split: {} });
  });

  it("can be used by everybody, in light and dark, on a phone and on a wall", async () => {
    const model = join(folder, "models", "digits", "1");
    await mkdir(model, { recursive: true });
    await writeFile(join(model, "model.onnx"), "this is no model");
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      for (const path of ["", "models/digits", "history", "server"]) {
        for (const size of [PHONE, WALL]) {
          await page.setViewportSize(size);
          await page.goto(`/console/${path}`);
          await page.getByRole("heading", { level: 1 }).waitFor();
          await page.getByText("Loading …").waitFor({ state: "detached" });
          expect(await barriers(page), `${path} ${colorScheme} ${size.width}`).toEqual([]);
          const overflow = "document.documentElement.scrollWidth > document.documentElement.clientWidth";
          expect(await page.evaluate(overflow), `${path} at ${size.width} is wider than the window`).toBe(false);
        }
      }
      await picture(page, `7-server-${colorScheme}`);
    }
  });

  it("shows names, reasons and files of others as the text that they are", async () => {
    const evil = "<img src=x onerror=alert(1)>";
    const headers = { "plinth-who": encodeURIComponent(evil), "content-type": "application/json" };
    const model = join(folder, "models", "digits", "1");
    await mkdir(model, { recursive: true });
    await writeFile(join(model, `${evil.replaceAll("/", "")}.onnx`), evil);
    const label = () =>
      fetch(`${url}/api/models/digits/labels/${encodeURIComponent(evil.replaceAll("/", ""))}`, {
        method: "PUT",
        headers: { ...headers, "plinth-why": encodeURIComponent(evil) },
        body: JSON.stringify({ version: "1", allowUnavailable: true }),
      });
    await expect.poll(async () => (await label()).status, { timeout: 20_000 }).toBe(200);
    page.on("dialog", (dialog) => expect.fail(`a script ran: ${dialog.message()}`));
    for (const path of ["", "models/digits", "history?revision=1"]) {
      await page.goto(`/console/${path}`);
      await page.getByText("Loading …").waitFor({ state: "detached" });
      expect(await page.locator("img").count()).toBe(0);
    }
    await page.getByText(evil).first().waitFor();
  });

  it("is shown in no frame", async () => {
    await page.goto("/console/");
    const { headers } = await fetch(`${url}/console/`);
    expect(headers.get("x-frame-options")).toBe("DENY");
  });
});
