import { setTimeout as pause } from "node:timers/promises";
import type { Browser, CDPSession, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
// @ts-expect-error The benchmark's programs have no types.
import { prepareOpenLoop } from "../../bench/measure/open-loop.mjs";
// @ts-expect-error The same.
import { latencyFigures } from "../../bench/measure/statistics.mjs";
import { openBrowser, openPage, picture, WALL } from "./browser.js";
import { ConsoleServer } from "./console-server.js";

/** What the figures on the page and those of the load may differ by. */
const TOLERANCE = 0.02;

/** What each percentile is called on the page. */
const PERCENTILES = [
  ["Latency, p50", "p50Ms"],
  ["Latency, p95", "p95Ms"],
  ["Latency, p99", "p99Ms"],
] as const;

/** What the server's percentiles may be off by, see `LatencyFigures`, and what three digits leave out. */
const SKETCH_ERROR = 0.01;
const ROUNDING_ERROR = 0.005;

/** Of one core. */
const MOST_OF_A_CORE = 0.1;

const MODEL = "pausing";
const RATE_PER_SECOND = 500;

const WARM_UP_REQUESTS = 1;

/** More than are ever needed: none waits for another. */
const MAX_CONNECTIONS = 2_000;

const PROBE_INTERVAL_MS = 50;

/** Where the generator is later than that for one request in twenty, the machine is not up to the load, and latencies are its doing. */
const MOST_LATE_MS = 20;

/** Until the last minute holds nothing but the load; then so long again as the page is watched. */
const FILL_SECONDS = 62;
const WATCH_SECONDS = 15;

interface Run {
  readonly requests: number;
  latenessMs(): readonly number[];
  serviceMs(isWanted?: (answeredAtMs: number) => boolean): readonly number[];
}

let browser: Browser;
let system: CDPSession;

beforeAll(async () => {
  browser = await openBrowser();
  system = await browser.newBrowserCDPSession();
});

afterAll(() => browser.close());

/** CPU time that all pages of the browser have taken so far, in seconds. */
async function cpuSeconds(): Promise<number> {
  const { processInfo } = await system.send("SystemInfo.getProcessInfo");
  return processInfo.filter(({ type }) => type === "renderer").reduce((sum, { cpuTime }) => sum + cpuTime, 0);
}

/** How long requests take that do nothing, until it is aborted: the way there and back, of which the server's own figures know nothing. */
async function waysThereAndBack(url: string, signal: AbortSignal): Promise<readonly number[]> {
  const latencies: number[] = [];
  while (!signal.aborted) {
    await pause(PROBE_INTERVAL_MS);
    const beganAtMs = performance.now();
    await (await fetch(`${url}/healthz`)).arrayBuffer();
    latencies.push(performance.now() - beganAtMs);
  }
  return latencies;
}

/** Waits for new figures on the page. @returns of which time they are, in milliseconds since the epoch */
async function newlyShown(page: Page): Promise<{ readonly beginMs: number; readonly endMs: number }> {
  const response = await page.waitForResponse(`**/api/models/${MODEL}/statistics`);
  const endMs = Date.now();
  const { versions } = (await response.json()) as {
    readonly versions: readonly { readonly minute: { readonly spanMs: number } }[];
  };
  const spanMs = versions[0]?.minute.spanMs ?? expect.fail("the version was not asked");
  // One frame for the page to take them in, one to show them; the next ones come two seconds later.
  await page.evaluate("new Promise((shown) => requestAnimationFrame(() => requestAnimationFrame(shown)))");
  return { beginMs: endMs - spanMs, endMs };
}

/** The part of a core that the pages take meanwhile. */
async function shareOfACore(seconds: number): Promise<number> {
  const [before, beganAtMs] = [await cpuSeconds(), performance.now()];
  await pause(seconds * 1_000);
  return ((await cpuSeconds()) - before) / ((performance.now() - beganAtMs) / 1_000);
}

describe("the page while 500 requests a second run", () => {
  it("takes little of a core and shows what the load generator counts", { timeout: 300_000, retry: 1 }, async ({
    skip,
  }) => {
    await using server = await ConsoleServer.start({
      backends: [{ use: new URL("pausing-backend.mjs", import.meta.url).pathname }],
      models: { [MODEL]: { execution: { executor: "inline" } } },
    });
    await server.place(MODEL, 1, "pauses.txt", "");
    const page = await openPage(browser, server.url);
    await page.setViewportSize(WALL);
    await page.goto(`/console/models/${MODEL}?in=minute`);
    await row(page, "1").getByText("available").waitFor();
    const figure = async (name: string) => numberIn(await row(page, name).getByRole("cell").first().innerText());

    const begin = (await prepareOpenLoop({
      url: `${server.url}/v1/models/${MODEL}:predict`,
      body: '{"instances": [1]}',
      ratePerSecond: RATE_PER_SECOND,
      maxConnections: MAX_CONNECTIONS,
      warmUpRequests: WARM_UP_REQUESTS,
      seconds: FILL_SECONDS + WATCH_SECONDS + 3,
    })) as () => Promise<Run>;
    const loaded = new AbortController();
    const [running, ways] = [begin(), waysThereAndBack(server.url, loaded.signal)];
    await pause(FILL_SECONDS * 1_000);
    const share = await shareOfACore(WATCH_SECONDS);
    const { beginMs, endMs } = await newlyShown(page);
    const shownPerSecond = await figure("Requests a second");
    const shown = await Promise.all(PERCENTILES.map(([name]) => figure(name)));
    await picture(page, "load-1-under-way");
    const run = await running;
    loaded.abort();

    expect(share).toBeLessThan(MOST_OF_A_CORE);
    const lately = run.serviceMs((atMs) => atMs >= beginMs && atMs < endMs);
    const countedPerSecond = (lately.length / (endMs - beginMs)) * 1_000;
    const words = `${shownPerSecond}/s shown, ${countedPerSecond}/s counted`;
    expect(differing(shownPerSecond, countedPerSecond), words).toBeLessThan(TOLERANCE);
    const [counted, way, late] = [lately, await ways, run.latenessMs()].map((each) => latencyFigures(each));
    skip(
      late.p95Ms > MOST_LATE_MS,
      `${RATE_PER_SECOND} requests/s are too many here: the generator is ${late.p95Ms} ms late`,
    );
    for (const [index, [name, key]] of PERCENTILES.entries()) {
      // A generator that is late to send, since the machine is busy, is as late to read the answer.
      const besideModelMs = way[key] + 2 * late[key];
      const bound = TOLERANCE + SKETCH_ERROR + ROUNDING_ERROR + besideModelMs / counted[key];
      const differs = differing(shown[index] ?? 0, counted[key]);
      expect(differs, `${name}: ${shown[index]} shown, ${counted[key]} counted`).toBeLessThan(bound);
    }

    // All of it, and nothing else, lies in the last hour.
    expect(run.serviceMs()).toHaveLength(run.requests);
    await page.getByRole("combobox", { name: "in", exact: true }).selectOption({ label: "the last hour" });
    await expect.poll(() => figure("Requests"), { timeout: 15_000 }).toBe(run.requests + WARM_UP_REQUESTS);
    await page.close();
  });

  it("would be found out if it were busy", async () => {
    const page = await browser.newPage();
    await page.evaluate(() => {
      setInterval(() => {
        for (const endMs = performance.now() + 20; performance.now() < endMs; );
      }, 100);
    });
    expect(await shareOfACore(3)).toBeGreaterThan(MOST_OF_A_CORE);
    await page.close();
  });
});

function row(page: Page, version: string) {
  return page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: version, exact: true }) });
}

/** Of a figure with its unit, as `1,234` or `402 ms`. */
function numberIn(text: string): number {
  return Number(/[\d.,]+/.exec(text)?.[0].replaceAll(",", ""));
}

function differing(shown: number, counted: number): number {
  return Math.abs(shown / counted - 1);
}
