import { createRequire } from "node:module";
import { configurationDocument, storageDocument } from "../documents/server-documents.js";
import { defineOperation, type Operation } from "../operation.js";
import { entryPoint, health, reloadReport } from "../resources.js";
import { configuration, pluginList, storageState } from "../server-resources.js";

const { version } = createRequire(import.meta.url)("@plinth/core/package.json") as { readonly version: string };

export const serverOperations: readonly Operation[] = [
  defineOperation({
    id: "getEntryPoint",
    method: "GET",
    path: "/api",
    summary: "Where everything else is.",
    changes: false,
    answer: { status: 200, description: "Links to the resources.", schema: entryPoint },
    handle: async (_call, { described }) => ({
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
          config: { href: "/api/config" },
          plugins: { href: "/api/plugins" },
          storage: { href: "/api/storage" },
          reload: { href: "/api/reload" },
          openapi: { href: "/api/openapi.json" },
          ...Object.fromEntries(
            (await described()).flatMap(({ link, path }) => (link ? [[link, { href: path }]] : [])),
          ),
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
    id: "getConfiguration",
    method: "GET",
    path: "/api/config",
    summary: "What the server runs by: every value with the line that it came from.",
    changes: false,
    answer: { status: 200, description: "The configuration without secrets.", schema: configuration },
    handle: async (_call, management) => ({ body: configurationDocument(management.configuration) }),
  }),
  defineOperation({
    id: "listPlugins",
    method: "GET",
    path: "/api/plugins",
    summary: "The plugins that the server is composed of, and their versions.",
    changes: false,
    answer: { status: 200, description: "The plugins by section.", schema: pluginList },
    handle: async (_call, management) => ({
      body: {
        items: await management.configuration.plugins(),
        server: { version, node: process.versions.node, platform: `${process.platform} ${process.arch}` },
        _links: { self: { href: "/api/plugins" }, config: { href: "/api/config" } },
      },
    }),
  }),
  defineOperation({
    id: "getStorage",
    method: "GET",
    path: "/api/storage",
    summary: "What the storage holds, and whether it can be written.",
    changes: false,
    answer: { status: 200, description: "The storage's state.", schema: storageState },
    handle: async ({ origin }, { storage, configuration: running }) => {
      const use = (await running.plugins()).find(({ kind }) => kind === "storage")?.use ?? "";
      return { body: await storageDocument(storage, use, origin.signal) };
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
