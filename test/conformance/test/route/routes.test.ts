import { PlinthError, type Route } from "@plinth/core";
import { describe, expect, it } from "vitest";
import { routeCases, testRoutes } from "../../src/route/test-routes.js";

function route(path: string, overrides: Partial<Route> = {}): Route {
  return { method: "GET", path, access: "public", handle: () => new Response("fine"), ...overrides };
}

const refusing = route("/things/:name/*", {
  handle: (_request, { params }) => {
    throw new PlinthError("REQUEST_INVALID", `no ${params.get("name")} at ${params.get("*")}`);
  },
});

testRoutes("a plugin that does all right", () => [route("/things"), refusing]);

const BROKEN: readonly [fault: string, routes: readonly Route[]][] = [
  ["have absolute paths", [route("things")]],
  ["have absolute paths", [route("/a*/b")]],
  ["claim no path twice", [route("/things/:a"), route("/things/:b")]],
  ["keep clear of what protocols answer", [route("/v1/models")]],
  ["answer a bare request", [route("/things", { handle: () => Promise.reject(new TypeError("oops")) })]],
];

describe("the suite for routes", () => {
  it.each(BROKEN)("notices routes that do not %s", async (fault, routes) => {
    const failing: string[] = [];
    for (const { name, run } of routeCases) await run(routes).catch(() => failing.push(name));
    expect(failing).toEqual([expect.stringContaining(fault)]);
  });
});
