import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ROOT } from "../architecture/source-files.js";
import { openBrowser, openPage, picture } from "./browser.js";
import { ConsoleServer } from "./console-server.js";

const DIGITS = join(ROOT, "examples", "digits", "models", "digits", "1", "model.onnx");
const EVIL = "<img src=x onerror=alert(1)>";

let browser: Browser;
let server: ConsoleServer;
let page: Page;

beforeAll(async () => {
  browser = await openBrowser();
  server = await ConsoleServer.start();
});

afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
});

beforeEach(async () => {
  page = await openPage(browser, server.url);
  page.on("dialog", (dialog) => expect.fail(`a script ran: ${dialog.message()}`));
  await page.goto("/console/");
  await page.getByRole("button", { name: "Upload a model" }).click();
});

afterEach(() => page.close());

const name = () => page.getByLabel("Name of the model");
const send = () => page.getByRole("button", { name: "Upload", exact: true }).click();
const filesOf = async (model: string) => (await fetch(`${server.url}/api/models/${model}/versions`)).status;

/** Drops one file on the dialog, as the browser gives it from another program. */
async function drop(file: string, content: string): Promise<void> {
  const made = `const transfer = new DataTransfer();
    transfer.items.add(new File([${JSON.stringify(content)}], ${JSON.stringify(file)}));
    return transfer;`;
  const data = await page.evaluateHandle(`(() => { ${made} })()`);
  await page.locator(".drop").dispatchEvent("drop", { dataTransfer: data });
}

describe("an upload", () => {
  it("of a folder names the model after it, and shows the version load", async () => {
    const folder = join(server.folder, "upload", "numerals");
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "model.onnx"), await readFile(DIGITS));
    await writeFile(join(folder, "notes.txt"), "of the model");
    await page.getByLabel("a folder").setInputFiles(folder);
    await page.getByText("2 files").waitFor();
    expect(await name().inputValue()).toBe("numerals");
    await send();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Version 1 of numerals is stored").waitFor();
    await dialog.getByText("available", { exact: true }).waitFor();
    await picture(page, "upload-1-loaded");
    await dialog.getByRole("link", { name: "Open the model" }).click();
    await page.getByRole("heading", { level: 1, name: "numerals" }).waitFor();
  });

  it("of a dropped file says why the version cannot be loaded", async () => {
    await drop("model.onnx", "this is no model");
    await name().fill("dropped");
    await send();
    await page.getByRole("dialog").getByText("failed", { exact: true }).waitFor();
    await page
      .getByRole("dialog")
      .getByText(/model\.onnx/)
      .waitFor();
    await picture(page, "upload-2-failed");
  });

  it("that is refused says why, and can be sent again as it should be", async () => {
    await drop("model.onnx", "x");
    await name().fill("no/model");
    await send();
    await page.getByRole("dialog").getByRole("alert").waitFor();
    expect(await page.getByRole("alert").innerText()).toContain("no/model");
    await name().fill("again");
    await send();
    await page.getByRole("dialog").getByText("Version 1 of again is stored").waitFor();
  });

  it("is cancelled in the middle, and leaves nothing", async () => {
    // What is sent comes slowly enough to be seen.
    const session = await page.context().newCDPSession(page);
    await session.send("Network.enable");
    const slow = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 200_000 };
    await session.send("Network.emulateNetworkConditions", slow);
    await drop("model.onnx", "x".repeat(4_000_000));
    await name().fill("cancelled");
    await send();
    await page.getByText(/% sent/).waitFor();
    await picture(page, "upload-3-under-way");
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    await page.getByText("Cancelled: nothing of it was kept.").waitFor();
    await expect.poll(() => filesOf("cancelled")).toBe(404);
  });

  it.each([EVIL, `..%2f${EVIL}`, '"; filename="evil', "a\r\nb"])(
    "of a file named %j shows it as it is and stays in its folder",
    async (file) => {
      await drop(file, "x");
      await page
        .locator(".chosen")
        .getByText(file.replace(/[\r\n]+/, " "))
        .waitFor();
      await name().fill("hostile");
      await send();
      const dialog = page.getByRole("dialog");
      await dialog
        .getByText(/is stored/)
        .or(dialog.getByRole("alert"))
        .first()
        .waitFor();
      expect(await page.locator("img").count()).toBe(0);
      expect(await readdir(server.folder)).toEqual(expect.not.arrayContaining([expect.stringContaining("evil")]));
      const models = await readdir(join(server.folder, "models"));
      expect(models.filter((each) => each.includes("evil") || each.includes("img"))).toEqual([]);
    },
  );
});
