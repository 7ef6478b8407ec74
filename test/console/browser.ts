import { execFile } from "node:child_process";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Browser, chromium, type Page } from "playwright-core";
import { expect } from "vitest";
import { ROOT } from "../architecture/source-files.js";

const execute = promisify(execFile);
const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** Where pictures of what was seen are kept. */
const PICTURES = process.env.PLINTH_PICTURES ?? join(ROOT, "test-results");

/** Widest and narrowest that people look at it with. */
export const PHONE = { width: 360, height: 740 } as const;
export const WALL = { width: 3_840, height: 2_160 } as const;

export async function openBrowser(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? (await execute("which", ["chromium"])).stdout.trim();
  // Chromium's own sandbox needs rights that a container does not give.
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

/** A page that fails the test for every error that the browser tells of, and for every request that would leave the server. */
export async function openPage(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage({ baseURL: url });
  page.setDefaultTimeout(15_000);
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (origin !== url && protocol !== "data:" && protocol !== "blob:") faults.push(`asked ${request.url()}`);
  });
  page.on("console", (message) => {
    // What the server refuses is told by the page itself.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      faults.push(message.text());
  });
  page.on("close", () => expect(faults, "what the browser complained of").toEqual([]));
  return page;
}

export async function picture(page: Page, name: string): Promise<void> {
  await mkdir(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
}

/** What axe finds that keeps people from using the page. */
export async function barriers(page: Page): Promise<readonly string[]> {
  const source = await readFile(AXE, "utf8");
  await page.evaluate(source);
  const found = (await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")) as {
    readonly violations: readonly {
      readonly id: string;
      readonly impact: string;
      readonly nodes: readonly unknown[];
    }[];
  };
  return found.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id} at ${nodes.length} places`);
}
