import { PlinthError } from "@plinth/core";
import type { Middleware } from "koa";

/** What the router found for the path, whatever the method. */
interface MatchedRoute {
  readonly path: string | RegExp;
  readonly methods: readonly string[];
}

/**
 * Answers for paths that the router knows and methods that they do not have: `OPTIONS` with those that they have, any other with 405, both
 * with `Allow`. A route for all that is below a folder counts only where no other has the path: it is there to say that there is nothing.
 */
export function allowedMethods(): Middleware {
  return async (context, next) => {
    await next();
    const matched: readonly MatchedRoute[] = context.matched ?? [];
    if (context.status !== 404 || context.body !== undefined || matched.length === 0) return;
    const named = matched.filter(({ path }) => !String(path).endsWith(REST));
    const routes = named.length > 0 ? named : matched;
    const allowed = [...new Set(routes.flatMap(({ methods }) => methods))].join(", ");
    context.set("Allow", allowed);
    const { method, path } = context;
    if (method !== "OPTIONS") throw notAllowed(`Expected ${allowed} on ${path.slice(0, 256)}, got ${method}`);
    context.status = 200;
    context.body = "";
  };
}

function notAllowed(message: string): PlinthError {
  return new PlinthError({ code: "INVALID_ARGUMENT", reason: "METHOD_NOT_ALLOWED" }, message);
}

/** How `mountRoute` writes a last segment that matches the rest. */
const REST = "{/*rest}";
