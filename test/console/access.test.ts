import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { ROOT } from "../architecture/source-files.js";
import { barriers, openBrowser, openPage, PHONE, picture, WALL } from "./browser.js";
import { ConsoleServer } from "./console-server.js";

const DIGITS = join(ROOT, "examples", "digits");

/** By what they are called in the pictures. */
const PAGES: Readonly<Record<string, string>> = {
  models: "",
  model: "models/digits?in=hour",
  broken: "models/broken",
  history: "history",
  errors: "errors",
  server: "server",
};

const SIZES = [PHONE, { width: 1_280, height: 900 }, WALL];

let browser: Browser;
let server: ConsoleServer;

beforeAll(async () => {
  browser = await openBrowser();
  server = await ConsoleServer.start();
  for (const version of [1, 2]) {
    const model = join(DIGITS, "models", "digits", String(version), "model.onnx");
    await server.place("digits", version, "model.onnx", await readFile(model));
  }
  await server.place("broken", 1, "model.onnx", "this is no model");
  const patience = { timeout: 30_000, interval: 200 };
  await vi.waitFor(async () => {
    const change = {
      method: "PATCH",
      headers: { "content-type": "application/json" },
      body: '{"versionPolicy": "all"}',
    };
    expect((await fetch(`${server.url}/api/models/digits`, change)).status).toBe(200);
  }, patience);
  const body = await readFile(join(DIGITS, "seven.json"), "utf8");
  await vi.waitFor(async () => {
    for (const version of [1, 2]) {
      const path = `${server.url}/v1/models/digits/versions/${version}:predict`;
      expect((await fetch(path, { method: "POST", body })).status).toBe(200);
    }
  }, patience);
  const rules = { split: { "1": 3, "2": 1 }, shadow: { to: "2", percent: 100 } };
  await fetch(`${server.url}/api/models/digits/traffic`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(rules),
  });
  for (let request = 0; request < 20; request++) {
    await fetch(`${server.url}/v1/models/digits:predict`, { method: "POST", body: request === 7 ? "[]" : body });
  }
});

afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
});

/** The whole page is there, and on a model's page an answer as well. */
async function open(page: Page, path: string): Promise<void> {
  await page.goto(`/console/${path}`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await expect.poll(() => page.getByText("Loading …").count(), { timeout: 15_000 }).toBe(0);
  if (!path.startsWith("models/digits")) return;
  await page.getByRole("button", { name: "Predict" }).click();
  await page.locator(".scores").waitFor();
  for (const summary of await page.locator(".try-it summary, .code-lines summary").all()) await summary.click();
}

describe("every page", () => {
  for (const colorScheme of ["light", "dark"] as const) {
    it.each(Object.entries(PAGES))(`can be used by everybody in the ${colorScheme}: %s`, async (name, path) => {
      const page = await openPage(browser, server.url);
      await page.emulateMedia({ colorScheme });
      for (const size of SIZES) {
        await page.setViewportSize(size);
        await open(page, path);
        expect(await barriers(page), `at ${size.width}`).toEqual([]);
        const overflow = "document.documentElement.scrollWidth > document.documentElement.clientWidth";
        expect(await page.evaluate(overflow), `at ${size.width} it is wider than the window`).toBe(false);
        await picture(page, `access-${name}-${colorScheme}-${size.width}`);
      }
      await page.close();
    });
  }
});
