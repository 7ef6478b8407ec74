// Serves a folder of models and changes deployments as fast as it can, until somebody kills it. Into its journal it writes what it
// found first, then each change once the server has promised it, as one line of JSON each. A dot on standard output says that
// it has begun.
import { openSync, writeSync } from "node:fs";
import { loadConfig, startServer } from "@plinth/core";

const [, , configFile, journalFile] = process.argv;
const journal = openSync(journalFile, "a");
const SILENT = { debug() {}, info() {}, warn() {}, error: complain, child: () => SILENT };
const signal = new AbortController().signal;

function say(line) {
  writeSync(journal, `${JSON.stringify(line, (_key, value) => plain(value))}\n`);
}

function plain(value) {
  if (typeof value === "bigint") return String(value);
  return value instanceof Map ? Object.fromEntries(value) : value;
}

function complain(message, fields) {
  say({ complaint: message, error: String(fields?.error) });
}

async function* bytes(text) {
  yield Buffer.from(text);
}

const config = await loadConfig(configFile, { environment: {}, defaults: {}, resolveFrom: [import.meta.url] });
const { deployments, storage } = await startServer(config, SILENT);
const listing = await storage.list({ signal });
say({
  found: {
    history: deployments.history({ limit: 200 }),
    labels: deployments.deployment("notes")?.labels ?? new Map(),
    versions: listing.find(({ model }) => model === "notes")?.versions.map(({ version }) => version) ?? [],
  },
});

for (let round = 0; ; round++) {
  const who = `process ${process.pid}`;
  if (round % 5 === 0) {
    const files = [{ path: "note.txt", content: bytes("x".repeat(20_000)) }];
    const { stored } = await deployments.publish("notes", undefined, files, { who, signal });
    say({ published: stored.version });
  }
  const versions = deployments.history({ limit: 1_000 }).filter(({ action }) => action.kind === "publish");
  const { version } = versions[Math.floor(Math.random() * versions.length)].action;
  const change = { kind: "set-label", label: `label-${round % 7}`, version, allowUnavailable: true };
  if (round === 1) writeSync(1, ".");
  say({ changed: await deployments.change("notes", change, { who, why: `round ${round}`, signal }) });
}
