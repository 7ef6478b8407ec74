import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../architecture/source-files.js";
import { barriers, openBrowser, openPage, PHONE, picture, WALL } from "./browser.js";
import { ConsoleServer } from "./console-server.js";

const DIGITS = join(ROOT, "examples", "digits", "models", "digits", "2", "model.onnx");
const EVIL = "<img src=x onerror=alert(1)>";

let browser: Browser;
let server: ConsoleServer;
let page: Page;

beforeAll(async () => {
  browser = await openBrowser();
});

afterAll(() => browser.close());

afterEach(async () => {
  await page?.close();
  await server?.[Symbol.asyncDispose]();
});

/** Starts the server, and opens the console once the model answers. @param more sections of the configuration */
async function start(more: Readonly<Record<string, unknown>> = {}): Promise<void> {
  server = await ConsoleServer.start(more);
  await server.place("digits", 2, "model.onnx", await readFile(DIGITS));
  const answers = async () => (await fetch(`${server.url}/v1/models/digits/versions/2`)).text();
  await expect.poll(answers, { timeout: 20_000 }).toContain("AVAILABLE");
  page = await openPage(browser, server.url);
}

function ask(model: string, body: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${server.url}/v1/models/${model}:predict`, { method: "POST", body, headers });
}

const reasons = () => page.getByRole("region", { name: "Table of reasons" });
const entries = () => page.locator(".entries").getByRole("listitem");

describe("the errors page", () => {
  it("finds, counts, groups and shows what went wrong, and what comes", async () => {
    await start();
    for (let request = 0; request < 3; request++) await ask("digits", "no JSON");
    await ask("digits", '{"inputs": [[1, 2]]}', { "x-request-id": "of-ada" });
    await page.goto("/console/errors");
    await reasons()
      .getByRole("row", { name: /REQUEST_INVALID.*digits, version 2/ })
      .getByText("3")
      .waitFor();
    await reasons().getByText("INPUT_SHAPE_MISMATCH").waitFor();
    await expect.poll(() => entries().count()).toBe(4);
    await picture(page, "errors-1");

    await ask("none", "{}");
    await entries().first().getByText("MODEL_NOT_FOUND").waitFor();

    await reasons().getByRole("button", { name: "INPUT_SHAPE_MISMATCH" }).click();
    await expect.poll(() => entries().count()).toBe(1);
    expect(new URL(page.url()).searchParams.get("reason")).toBe("INPUT_SHAPE_MISMATCH");
    await entries().first().getByRole("link").click();
    const entry = page.getByRole("region", { name: "INPUT_SHAPE_MISMATCH" });
    await entry.getByText("of-ada").waitFor();
    await entry.getByText("INVALID_ARGUMENT").waitFor();
    await picture(page, "errors-2-one");

    const address = page.url();
    await page.goto("/console/");
    await page.goto(address);
    await entry.getByText("of-ada").waitFor();
    await expect.poll(() => entries().count()).toBe(1);
    await entry.getByRole("button", { name: "Close" }).click();
    await page
      .getByRole("button", { name: /^INPUT_SHAPE_MISMATCH/ })
      .first()
      .click();
    await page.getByLabel("Search").fill("no JSON of");
    await page.getByText("Nothing was found.").waitFor();
    await page.getByLabel("Search").fill("json parse ERROR");
    await expect.poll(() => entries().count()).toBe(3);
    expect(new URL(page.url()).searchParams.get("text")).toBe("json parse ERROR");
  });

  it("shows the stack of what was the server's own fault", async () => {
    await start();
    await server.place("broken", 1, "model.onnx", "this is no model");
    await page.goto("/console/errors?level=error&model=broken");
    await entries().first().getByRole("link").click();
    await page.getByText(/PlinthError: model\.onnx/).waitFor();
    await picture(page, "errors-3-stack");
  });

  it("has what is found downloaded as lines of JSON", async () => {
    await start();
    await ask("digits", "no JSON");
    await page.goto("/console/errors?reason=REQUEST_INVALID");
    await entries().first().waitFor();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download" }).click(),
    ]);
    const lines = (await readFile(await download.path(), "utf8")).trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ reason: "REQUEST_INVALID", model: "digits" }]);
  });

  it("shows what clients wrote as the text that it is", async () => {
    await start();
    await ask("digits", `{"inputs": {"${EVIL}": 1}}`, { "x-request-id": EVIL });
    await ask(encodeURIComponent(EVIL), "{}");
    await ask("digits", JSON.stringify({ signature_name: EVIL, inputs: [] }));
    page.on("dialog", (dialog) => expect.fail(`a script ran: ${dialog.message()}`));
    await page.goto(`/console/errors?text=${encodeURIComponent(EVIL)}&model=${encodeURIComponent(EVIL)}`);
    await page.getByText("Nothing was found.").waitFor();
    await page.goto(`/console/errors?text=${encodeURIComponent(EVIL)}`);
    await entries().first().getByRole("link").click();
    await page.getByRole("heading", { level: 2, name: /MODEL_NOT_FOUND|SIGNATURE_NOT_FOUND/ }).waitFor();
    await page.getByText(EVIL).first().waitFor();
    expect(await page.locator("img").count()).toBe(0);
  });

  it("says so where the server keeps no journal, and what to do", async () => {
    await start({ monitors: [] });
    await page.goto("/console/errors");
    await page.getByText("This server keeps no journal").waitFor();
    await page.getByText("use: journal").waitFor();
  });

  it("can be used by everybody, in light and dark, on a phone and on a wall", async () => {
    await start();
    await ask("digits", "no JSON");
    await page.goto("/console/errors");
    const id = new URL(
      (await entries().first().getByRole("link").getAttribute("href")) ?? "",
      server.url,
    ).searchParams.get("entry");
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      for (const size of [PHONE, WALL]) {
        await page.setViewportSize(size);
        await page.goto(`/console/errors?entry=${id}`);
        await page.getByRole("heading", { level: 2, name: "REQUEST_INVALID" }).waitFor();
        await reasons().waitFor();
        expect(await barriers(page), `${colorScheme} ${size.width}`).toEqual([]);
        const overflow = "document.documentElement.scrollWidth > document.documentElement.clientWidth";
        expect(await page.evaluate(overflow), `at ${size.width} it is wider than the window`).toBe(false);
        await picture(page, `errors-4-${colorScheme}-${size.width}`);
      }
    }
  });
});
