import { createRequire } from "node:module";
import { defineOperation, type Operation } from "../operation.js";
import { entryPoint, health, reloadReport } from "../resources.js";

const { version } = createRequire(import.meta.url)("@plinth/core/package.json") as { readonly version: string };

export const serverOperations: readonly Operation[] = [
  defineOperation({
    id: "getEntryPoint",
    method: "GET",
    path: "/api",
    summary: "Where everything else is.",
    changes: false,
    answer: { status: 200, description: "Links to the resources.", schema: entryPoint },
    handle: async () => ({
      body: {
        name: "plinth",
        version,
        _links: {
          self: { href: "/api" },
          models: { href: "/api/models" },
          history: { href: "/api/history" },
          uploads: { href: "/api/uploads" },
          health: { href: "/api/health" },
          statistics: { href: "/api/statistics" },
          reload: { href: "/api/reload" },
          openapi: { href: "/api/openapi.json" },
        },
      },
    }),
  }),
  defineOperation({
    id: "getHealth",
    method: "GET",
    path: "/api/health",
    summary: "Whether the server is ready, and why not.",
    changes: false,
    answer: { status: 200, description: "The server's health, ready or not.", schema: health },
    handle: async (_call, { server }) => {
      const { ready, reasons } = server.readiness();
      return {
        body: {
          live: true,
          ready,
          reasons,
          uptimeMs: Math.round(process.uptime() * 1_000),
          rssBytes: process.memoryUsage.rss(),
          _links: { self: { href: "/api/health" }, models: { href: "/api/models" } },
        },
      };
    },
  }),
  defineOperation({
    id: "reloadConfig",
    method: "POST",
    path: "/api/reload",
    summary: "Read the configuration again and apply it, whole or not at all.",
    changes: true,
    answer: { status: 200, description: "What became of which model.", schema: reloadReport },
    handle: async ({ origin }, { reload }) => {
      const report = await reload.reload({ signal: origin.signal });
      const unavailable = Object.fromEntries(report.unavailable);
      return { body: { ...report, unavailable, _links: { models: { href: "/api/models" } } } };
    },
  }),
];
