import type { ModelServer } from "@plinth/core";
import type { Middleware } from "koa";
import { malformedRequest, methodNotAllowed } from "./errors.js";
import { metadataJson } from "./metadata.js";
import { isServingPath, parseServingPath, type ServingPath } from "./paths.js";
import { modelListJson, modelStatusJson } from "./status.js";

/** Answers `/v1/…` but for inference, which is recognised ahead of Koa by the same {@link parseServingPath}. */
export function servingMiddleware(server: ModelServer): Middleware {
  return async (context, next) => {
    const { method, path } = context;
    if (!isServingPath(path)) return next();
    const asked = parseServingPath(path);
    const wrongMethod = asked?.kind === "inference" || (method !== "GET" && method !== "HEAD");
    if (asked === undefined || (wrongMethod && (method === "GET" || method === "POST"))) {
      throw malformedRequest(method, path);
    }
    if (wrongMethod) {
      const allowed = asked.kind === "inference" ? "POST" : "GET, HEAD";
      context.set("Allow", allowed);
      throw methodNotAllowed(method, path, allowed);
    }
    context.body = JSON.stringify(await answer(server, asked));
    context.set("Content-Type", "application/json");
  };
}

async function answer(server: ModelServer, asked: Exclude<ServingPath, { kind: "inference" }>): Promise<unknown> {
  switch (asked.kind) {
    case "list":
      return modelListJson(server);
    case "status":
      return modelStatusJson(server, asked.target);
    case "metadata": {
      using handle = await server.acquire(asked.target);
      return metadataJson(handle);
    }
  }
}
