import type { IncomingMessage, ServerResponse } from "node:http";
import Router from "@koa/router";
import { PlinthError, type Route } from "@plinth/core";
import Koa from "koa";
import { descriptionRoute } from "./describe.js";
import { HEALTH_PATHS, healthAnswer } from "./health.js";
import { allowedMethods } from "./http/allowed-methods.js";
import { errorAnswer, problemAnswer } from "./http/error-answer.js";
import { httpStatus } from "./http/http-status.js";
import { mountRoute } from "./http/mount-route.js";
import { type Answer, discardRest } from "./http/send.js";
import type { Surroundings } from "./http/surroundings.js";
import { type OpenInferenceOptions, openInferenceRoutes } from "./open-inference/routes.js";
import { servingMiddleware } from "./tensorflow-serving/routes.js";

/**
 * All but inference, as one Koa application: TensorFlow Serving's status and metadata, the Open Inference Protocol's routes, those of other
 * plugins, and health by unusual methods.
 */
export function createApplication(
  surroundings: Surroundings,
  routes: readonly Route[],
  openInference: OpenInferenceOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const { server, logger, isDraining } = surroundings;
  const router = new Router();
  for (const path of HEALTH_PATHS) router.get(path, (context) => answerWith(context, healthAnswer(server, path)));
  const all = [descriptionRoute(routes), ...routes, ...openInferenceRoutes(server, openInference)];
  for (const route of all) mountRoute(router, route, surroundings);

  const koa = new Koa();
  koa.silent = true;
  koa.use(async (context, next) => {
    try {
      await next();
      if (context.status === 404 && context.body === undefined) throw notFound(context.method, context.path);
    } catch (thrown) {
      const error = PlinthError.from(thrown);
      if (httpStatus(error) >= 500) logger.error(`${context.method} ${context.path} failed`, { error });
      answerWith(context, isManagement(context.path) ? problemAnswer(error, context.path) : errorAnswer(error));
      await discardRest(context.req);
      if (!context.req.complete) context.res.shouldKeepAlive = false;
    }
    if (isDraining()) context.res.shouldKeepAlive = false;
  });
  koa.use(servingMiddleware(server));
  koa.use(allowedMethods());
  koa.use(router.routes());
  return koa.callback();
}

function answerWith(context: Koa.Context, { status, chunks, headers }: Answer): void {
  context.status = status;
  context.body = Buffer.concat(chunks);
  context.set(headers);
}

/** Where errors are told by RFC 9457, as `Route` says. */
function isManagement(path: string): boolean {
  return path === "/api" || path.startsWith("/api/");
}

function notFound(method: string, path: string): PlinthError {
  return new PlinthError(
    { code: "NOT_FOUND", reason: "ROUTE_NOT_FOUND" },
    `There is nothing at ${method} ${path.slice(0, 256)}. Models are under /v1/models and /v2/models, health is at /healthz and /readyz`,
  );
}
