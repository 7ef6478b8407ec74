import type { ModelServer, Route } from "@plinth/core";

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
