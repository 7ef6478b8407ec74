import type { ModelServer } from "@plinth/core";
import type { Json } from "./http/openapi.js";
import { type Answer, JSON_TYPE } from "./http/send.js";

export const HEALTH_PATHS = ["/healthz", "/readyz"] as const;

export type HealthPath = (typeof HEALTH_PATHS)[number];

/**
 * `/healthz`: the process answers, so its event loop turns. `/readyz`: every model has an available version and the server is
 * not stopping, else 503 with the reasons.
 */
export function healthAnswer(server: ModelServer, path: HealthPath): Answer {
  if (path === "/healthz") return jsonAnswer(200, { status: "live" });
  const { ready, reasons } = server.readiness();
  return jsonAnswer(ready ? 200 : 503, { status: ready ? "ready" : "not ready", reasons });
}

function jsonAnswer(status: number, body: unknown): Answer {
  return { status, chunks: [Buffer.from(JSON.stringify(body))], headers: JSON_TYPE };
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
