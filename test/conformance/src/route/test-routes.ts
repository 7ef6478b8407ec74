import { PlinthError, type Route } from "@plinth/core";
import { describe, expect, it } from "vitest";

/** A segment is fixed text or `:name`; the last one may be `*`. */
const PATH = /^(?:\/(?::[A-Za-z_]\w*|[\w.~-]+))*(?:\/\*|\/)?$/;

/** One behaviour that the suite demands of the routes that one plugin contributes. */
export interface RouteCase {
  readonly name: string;
  run(routes: readonly Route[]): Promise<void>;
}

export const routeCases: readonly RouteCase[] = [
  {
    name: "have absolute paths of segments, parameters and a rest",
    run: async (routes) => {
      for (const { path } of routes) expect(path).toMatch(PATH);
    },
  },
  {
    name: "claim no path twice",
    run: async (routes) => {
      const claims = routes.map(({ method, path }) => `${method} ${path.replace(/:\w+/g, ":")}`);
      expect(claims).toEqual([...new Set(claims)]);
    },
  },
  {
    name: "keep clear of what protocols answer themselves",
    run: async (routes) => {
      for (const { path } of routes) expect(path).not.toMatch(/^\/(?:v1|v2|healthz|readyz)(?:\/|$)/);
    },
  },
  {
    name: "answer a bare request with a response or a PlinthError",
    run: async (routes) => {
      for (const route of routes) {
        const answer = await answerOf(route);
        expect(answer instanceof Response || answer instanceof PlinthError, `${route.method} ${route.path}`).toBe(true);
      }
    },
  },
];

/** Registers with vitest what every {@link Route} must do. */
export function testRoutes(name: string, create: () => Promise<readonly Route[]> | readonly Route[]): void {
  describe(`the routes of ${name}`, () => {
    for (const routeCase of routeCases) {
      it(routeCase.name, async () => routeCase.run(await create()));
    }
  });
}

async function answerOf({ method, path, handle }: Route): Promise<unknown> {
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name = ""]) => name);
  const params = new Map([...names, ...(path.endsWith("*") ? ["*"] : [])].map((name) => [name, "x"]));
  const url = `http://localhost${path.replace(/:\w+|\*/g, "x")}`;
  try {
    return await handle(new Request(url, { method }), { params });
  } catch (thrown) {
    return thrown;
  }
}
