import type { ModelServer, Route } from "@plinth/core";
import type { Json } from "./http/openapi.js";

/**
 * `/healthz`: the process answers, so its event loop turns. `/readyz`: every model has an available version and the server is
 * not stopping, else 503 with the reasons.
 */
export function healthRoutes(server: ModelServer): readonly Route[] {
  return [
    { method: "GET", path: "/healthz", access: "public", handle: () => Response.json({ status: "live" }) },
    {
      method: "GET",
      path: "/readyz",
      access: "public",
      handle: () => {
        const { ready, reasons } = server.readiness();
        return Response.json({ status: ready ? "ready" : "not ready", reasons }, { status: ready ? 200 : 503 });
      },
    },
  ];
}

/** The same for the OpenAPI document. */
export function healthPaths(): Readonly<Record<string, Json>> {
  const status = (...values: string[]): Json => ({ type: "string", enum: values });
  const answer = (description: string, properties: Json): Json => ({
    description,
    content: {
      "application/json": { schema: { type: "object", properties, required: Object.keys(properties) } },
    },
  });
  const reasons = { type: "array", items: { type: "string" } };
  return {
    "/healthz": {
      get: {
        operationId: "getLiveness",
        summary: "Whether the server answers.",
        responses: { 200: answer("It does.", { status: status("live") }) },
      },
    },
    "/readyz": {
      get: {
        operationId: "getReadiness",
        summary: "Whether every model has an available version.",
        responses: {
          200: answer("It has.", { status: status("ready"), reasons }),
          503: answer("Some have not, or the server is about to stop.", { status: status("not ready"), reasons }),
        },
      },
    },
  };
}
