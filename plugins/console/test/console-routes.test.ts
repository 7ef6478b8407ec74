import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testRoutes } from "@plinth/conformance";
import type { Route } from "@plinth/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { consoleRoute } from "../src/console-routes.js";
import { StaticFiles } from "../src/static-files.js";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "plinth-console-"));
  await mkdir(join(folder, "assets"));
  await writeFile(join(folder, "index.html"), "<!doctype html>");
  await writeFile(join(folder, "assets", "main-1.js"), "1");
});

afterAll(() => rm(folder, { recursive: true }));

function route(files = new StaticFiles(folder)): Route {
  return consoleRoute(files, "management");
}

function get(path: string, headers: Record<string, string> = {}): Promise<Response> | Response {
  const params = new Map([["*", path]]);
  return route().handle(new Request(`http://localhost/console/${path}`, { headers }), { params });
}

describe("the console's routes", () => {
  it("send the pages for every path of theirs, to be asked for each time", async () => {
    for (const path of ["", "history", "models/a.b"]) {
      const response = await get(path);
      expect([response.status, await response.text()], path).toEqual([200, "<!doctype html>"]);
      expect(response.headers.get("cache-control")).toBe("no-cache");
    }
  });

  it("send assets to be kept for ever, and nothing for assets that there are not", async () => {
    const response = await get("assets/main-1.js");
    expect(response.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
    expect(response.headers.get("cache-control")).toContain("immutable");
    expect((await get("assets/other.js")).status).toBe(404);
  });

  it("send nothing again that the browser has", async () => {
    const etag = (await get("")).headers.get("etag") ?? "";
    expect((await get("", { "if-none-match": etag })).status).toBe(304);
  });

  it.each(["../package.json", "..%2f..%2fpackage.json", "/etc/passwd", "assets/../../plugin.js"])(
    "look up %s among the built files only",
    async (path) => {
      const response = await get(path);
      expect(response.status === 404 || (await response.text()) === "<!doctype html>").toBe(true);
    },
  );

  it("forbid everything that the server does not send itself", async () => {
    const { headers } = await get("");
    expect(headers.get("content-security-policy")).toMatch(/^default-src 'none';.*frame-ancestors 'none'/);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
  });

  it("lead from /console to the pages, and answer only those who may manage the server", async () => {
    const response = await route().handle(new Request("http://localhost/console"), { params: new Map() });
    expect([response.status, response.headers.get("location")]).toEqual([308, "/console/"]);
    expect(route().access).toBe("management");
  });

  it("say what to do where the pages were not built", async () => {
    const unbuilt = route(new StaticFiles(join(folder, "missing")));
    const answer = unbuilt.handle(new Request("http://localhost/console/"), { params: new Map([["*", ""]]) });
    await expect(answer).rejects.toThrow(/npm run build/);
  });
});

testRoutes("the console", () => [consoleRoute(new StaticFiles(folder), "management")]);
