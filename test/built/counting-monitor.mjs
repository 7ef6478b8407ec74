// A monitor that counts what it is told, and shows it at /counts.
import { definePlugin, Monitor, Route } from "@plinth/core";
import { z } from "zod";

const counts = {};

export const plugin = definePlugin({
  name: "counting-monitor",
  apiVersion: 1,
  config: z.strictObject({}),
  register(registry) {
    registry.provide(Monitor, () => ({
      name: "counting",
      async start() {},
      observe({ type }) {
        counts[type] = (counts[type] ?? 0) + 1;
      },
      async [Symbol.asyncDispose]() {},
    }));
    registry.provide(Route, () => ({
      method: "GET",
      path: "/counts",
      access: "public",
      handle: () => Response.json({ pid: process.pid, ...counts }),
    }));
  },
});
