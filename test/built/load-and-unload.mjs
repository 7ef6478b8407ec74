// Loads and unloads a model again and again, and prints the resident memory after each time, in bytes.
import { loadConfig, startServer } from "@plinth/core";

const [, , configFile, cycles] = process.argv;
const SILENT = {
  debug() {},
  info() {},
  warn() {},
  error: (message) => process.stderr.write(`${message}\n`),
  child: () => SILENT,
};
const origin = { who: "test", signal: new AbortController().signal };

const config = await loadConfig(configFile, { environment: {}, defaults: {}, resolveFrom: [import.meta.url] });
const server = await startServer(config, SILENT);
await server.settled();
await server.deployments.change("digits", { kind: "set-versions", versions: { kind: "all" } }, origin);
for (let cycle = 0; cycle < Number(cycles); cycle++) {
  for (const kind of ["unload", "load"]) {
    await server.deployments.change("digits", { kind }, origin);
    await server.settled();
  }
  const { versions } = server.models.status("digits");
  if (versions.filter(({ state }) => state === "available").length !== 2) throw new Error("It was not loaded");
  globalThis.gc();
  process.stdout.write(`${process.memoryUsage.rss()}\n`);
}
await server.stop();
