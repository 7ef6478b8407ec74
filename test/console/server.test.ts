import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../architecture/source-files.js";
import { openBrowser, openPage, picture } from "./browser.js";
import { ConsoleServer } from "./console-server.js";

const DIGITS = join(ROOT, "examples", "digits", "models", "digits", "1", "model.onnx");

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

const region = (name: string) => page.getByRole("region", { name, exact: true });

describe("the server page", () => {
  it("tells what the server is made of, what it runs by, and what became of a reload", async () => {
    server = await ConsoleServer.start({ server: { pollIntervalMs: 100, memoryBudgetBytes: 50_000_000 } });
    await server.place("digits", 1, "model.onnx", await readFile(DIGITS));
    page = await openPage(browser, server.url);
    await page.goto("/console/server");
    await region("Storage").getByText("1 version of 1 model").waitFor();
    await region("Storage").getByText("can be written").waitFor();
    await region("Storage")
      .getByText(/of 47\.7 MiB/)
      .waitFor();
    await region("Table of plugins")
      .getByRole("row", { name: /@plinth\/storage-disk 0\.\d+\.\d+/ })
      .waitFor();
    await region("Table of executors").getByRole("link", { name: "digits" }).waitFor();
    await region("Table of processes").getByRole("row", { name: /main/ }).waitFor();

    const settings = region("Table of settings");
    await settings.getByRole("row", { name: /server\.memoryBudgetBytes 50000000 config\.yaml:1:\d+/ }).waitFor();
    expect(await settings.getByRole("row", { name: /maxConnections/ }).count()).toBe(0);
    await page.getByLabel("With every default").check();
    await settings.getByRole("row", { name: /server\.limits\.maxConnections 1024 default/ }).waitFor();
    await picture(page, "server-1");

    await page.getByRole("button", { name: "Read the configuration again" }).click();
    await page.getByText("Read again; nothing has changed.").waitFor();
    const file = join(server.folder, "config.yaml");
    const config = JSON.parse(await readFile(file, "utf8"));
    await writeFile(file, JSON.stringify({ ...config, modles: {} }));
    await page
      .getByText(/and not applied/)
      .or(page.getByText("Read again; nothing has changed."))
      .first()
      .waitFor();
    await page.getByRole("button", { name: "Read the configuration again" }).click();
    await region("Reload")
      .getByText(/unknown key "modles"; did you mean "models"\?/)
      .waitFor();
    await picture(page, "server-2-reload-refused");
  });

  it("compares any two revisions of a model, by an address that can be sent to others", async () => {
    server = await ConsoleServer.start();
    await server.place("digits", 1, "model.onnx", await readFile(DIGITS));
    const label = (name: string) =>
      fetch(`${server.url}/api/models/digits/labels/${name}`, {
        method: "PUT",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ version: "1", allowUnavailable: true }),
      });
    await expect.poll(async () => (await label("first")).status, { timeout: 20_000 }).toBe(200);
    await label("second");
    await label("third");
    page = await openPage(browser, server.url);
    await page.goto("/console/history");
    await page.getByLabel("From").fill("1");
    await page.getByLabel("To").fill("3");
    await page.getByRole("button", { name: "Compare" }).click();
    const differing = page.getByRole("region", { name: "Compare two revisions" });
    await differing.getByRole("row", { name: /labels\.second – 1/ }).waitFor();
    await differing.getByRole("row", { name: /labels\.third – 1/ }).waitFor();
    expect(await differing.getByText("labels.first").count()).toBe(0);
    await picture(page, "history-compared");
    await page.goto(page.url());
    await differing.getByText("labels.third").waitFor();
  });
});
