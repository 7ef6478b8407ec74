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
const found = (model) => ({
  deployment: deployments.deployment(model),
  versions: listing.find((each) => each.model === model)?.versions.map(({ version }) => version) ?? [],
});
say({ found: { history: deployments.history({ limit: 200 }), notes: found("notes"), drafts: found("drafts") } });

const who = `process ${process.pid}`;
let changes = 0;
for (let round = deployments.history({ limit: 1 })[0]?.revision ?? 0; ; round++) {
  const history = deployments.history({ model: "notes", limit: 1_000 });
  const versions = history.filter(({ action }) => action.kind === "publish");
  if (versions.length === 0 || round % 5 === 0) {
    const { stored } = await deployments.publish("notes", undefined, files(), { who, signal });
    say({ published: stored.version });
    continue;
  }
  const { version } = versions[Math.floor(Math.random() * versions.length)].action;
  if (++changes === 2) writeSync(1, ".");
  say({ changed: await changeOf(round, version, { who, why: `round ${round}`, signal }) });
}

function files() {
  return [{ path: "note.txt", content: bytes("x".repeat(20_000)) }];
}

/** A version of a model that is removed as a whole now and then. No number of it comes twice. */
async function draft(origin) {
  const { revision } = await deployments.publish("drafts", BigInt(Date.now()), files(), origin);
  return revision;
}

/** One of each kind in turns, and labels between them. Nothing is ever served, since there is no backend. */
function changeOf(round, version, origin) {
  const change = (what) => deployments.change("notes", what, origin);
  switch (round % 12) {
    case 1:
      return change({
        kind: "set-traffic",
        traffic: { split: new Map([[String(version), round]]), stickyBy: "x-user" },
      });
    case 2:
    case 6:
      return draft(origin);
    case 8:
      if (deployments.deployment("drafts") === undefined) return draft(origin);
      return deployments.removeModel("drafts", origin, { force: true });
    case 3:
      return change({ kind: "set-versions", versions: { kind: "latest", count: 1 + (round % 4) } });
    case 4:
      return change({ kind: "unload" });
    case 7:
      return change({ kind: "load", version });
    case 9:
      return deployments.rollback("notes", deployments.history({ model: "notes", limit: 5 }).at(-1).revision, origin);
    default:
      return change({ kind: "set-label", label: `label-${round % 7}`, version, allowUnavailable: true });
  }
}
