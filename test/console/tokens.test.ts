import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../architecture/source-files.js";
import { barriers, openBrowser, openPage, picture } from "./browser.js";
import { ConsoleServer } from "./console-server.js";

const DIGITS = join(ROOT, "examples", "digits", "models", "digits", "1", "model.onnx");
const TOKEN = "a-token-of-ada-0123456789";
const WITH_TOKENS = { server: { pollIntervalMs: 100, managementTokens: { ada: TOKEN } } };

let browser: Browser;
let server: ConsoleServer;
let page: Page;
let elsewhere: Server;

beforeAll(async () => {
  browser = await openBrowser();
});

afterAll(() => browser.close());

afterEach(async () => {
  await page?.close();
  elsewhere?.closeAllConnections();
  elsewhere?.close();
  await server?.[Symbol.asyncDispose]();
});

async function start(more: Readonly<Record<string, unknown>> = {}): Promise<void> {
  server = await ConsoleServer.start(more);
  await server.place("digits", 1, "model.onnx", await readFile(DIGITS));
  const answers = async () => (await fetch(`${server.url}/v1/models/digits/versions/1`)).text();
  await expect.poll(answers, { timeout: 20_000 }).toContain("AVAILABLE");
}

/** A page of another origin, which does not like us. */
async function otherOrigin(html: string): Promise<string> {
  elsewhere = createServer((_request, response) => response.setHeader("content-type", "text/html").end(html));
  elsewhere.listen(0, "127.0.0.1");
  await once(elsewhere, "listening");
  return `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`;
}

async function enterToken(token: string): Promise<void> {
  await page.getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Go on" }).click();
}

describe("a console whose server wants a token", () => {
  it("asks for it, shows it with every request and nowhere else, and forgets it", async () => {
    await start(WITH_TOKENS);
    page = await openPage(browser, server.url);
    const shown = new Set<string>();
    page.on("request", (request) => {
      const { pathname } = new URL(request.url());
      if (pathname.startsWith("/api/")) shown.add(request.headers().authorization ?? "none");
      expect(request.url()).not.toContain(TOKEN);
    });
    await page.goto("/console/models/digits");
    await page.getByRole("heading", { name: "This server is managed with a token" }).waitFor();
    expect(await barriers(page)).toEqual([]);
    await picture(page, "tokens-1-asked");

    await enterToken("another-token-0123456789");
    await page.getByText("The server does not know this token").waitFor();
    await picture(page, "tokens-2-unknown");
    shown.clear();
    await enterToken(TOKEN);
    await page.getByRole("heading", { level: 1, name: "digits" }).waitFor();
    await page.getByText("available").first().waitFor();
    await page.reload();
    await page.getByText("available").first().waitFor();
    expect(shown).toEqual(new Set([`Bearer ${TOKEN}`]));
    const kept = "JSON.stringify([{ ...localStorage }, document.cookie, location.href, history.state])";
    expect(await page.evaluate(kept)).not.toContain(TOKEN);

    await page.goto("/console/errors");
    await page.getByRole("heading", { name: "One by one" }).waitFor();
    await page.getByRole("button", { name: "Forget the token" }).click();
    await page.getByRole("heading", { name: "This server is managed with a token" }).waitFor();
    expect(await page.evaluate("JSON.stringify({ ...sessionStorage })")).not.toContain(TOKEN);
  });

  it("asks again in another tab, and where the token is not known any more", async () => {
    await start(WITH_TOKENS);
    const context = await browser.newContext({ baseURL: server.url });
    page = await context.newPage();
    await page.goto("/console/");
    await enterToken(TOKEN);
    await page.getByRole("link", { name: "digits" }).first().waitFor();
    const tab = await context.newPage();
    await tab.goto(`${server.url}/console/`);
    await tab.getByLabel("Token").waitFor();
    await tab.close();
    await page.evaluate("sessionStorage.setItem('plinth-token', 'revoked-meanwhile-0123')");
    await page.getByText("The server does not know this token").waitFor();
  });

  it("names in the history whose token it was", async () => {
    await start(WITH_TOKENS);
    page = await openPage(browser, server.url);
    await page.goto("/console/models/digits");
    await enterToken(TOKEN);
    await page.getByRole("textbox", { name: "Label" }).fill("stable");
    await page.getByRole("button", { name: "Set …" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Set the label" }).click();
    await page.getByText("stable → version 1").waitFor();
    await page.goto("/console/history");
    await page.getByText("by ada").first().waitFor();
  });

  it("has a version downloaded with it", async () => {
    await start(WITH_TOKENS);
    page = await openPage(browser, server.url);
    await page.goto("/console/models/digits");
    await enterToken(TOKEN);
    await expectDownload();
  });
});

describe("a console whose server wants none", () => {
  it("has a version downloaded", async () => {
    await start();
    page = await openPage(browser, server.url);
    await page.goto("/console/models/digits");
    await expectDownload();
  });

  it("is no use to pages of other origins, which can neither change nor read nor frame anything", async () => {
    await start();
    const frame = `<iframe id="frame" src="${server.url}/console/"></iframe>`;
    const form = `<form id="form" method="post" action="${server.url}/api/models/digits/unload" target="sent"><input name="a"></form>`;
    const url = await otherOrigin(`<!doctype html>${frame}${form}<iframe name="sent"></iframe>`);
    page = await browser.newPage();
    await page.goto(url);
    const attempts = `Promise.allSettled([
      fetch("${server.url}/api/models"),
      fetch("${server.url}/api/models/digits/unload", { method: "POST" }),
      fetch("${server.url}/api/models/digits/unload", { method: "POST", mode: "no-cors" }),
      fetch("${server.url}/api/models/digits/versions/1", { method: "DELETE" }),
    ]).then((all) => all.map(({ status, value }) => status === "rejected" ? "refused" : value.type))`;
    expect(await page.evaluate(attempts)).toEqual(["refused", "refused", "opaque", "refused"]);
    await page.evaluate("document.getElementById('form').submit()");
    await page.frame({ name: "sent" })?.waitForLoadState();
    const framed = page.frames().find((each) => each.url().startsWith(server.url) && each.name() !== "sent");
    expect(
      (await framed
        ?.locator("h1")
        .count()
        .catch(() => 0)) ?? 0,
      "the console shows in a frame",
    ).toBe(0);
    const model = (await (await fetch(`${server.url}/api/models/digits`)).json()) as Record<string, unknown>;
    expect(model).toMatchObject({ served: true, ready: true, revision: 0 });
  });
});

async function expectDownload(): Promise<void> {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Download version 1" }).click(),
  ]);
  expect(download.suggestedFilename()).toBe("digits-1.tar");
  const content = await readFile(await download.path());
  expect(content.includes(await readFile(DIGITS))).toBe(true);
}
