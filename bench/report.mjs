import Table from "cli-table3";

/** How people read what is measured; anything else keeps its key. */
const HEADINGS = {
  name: "",
  callsPerSecond: "calls/s",
  perSecond: "requests/s",
  heavyPerSecond: "heavy requests/s",
  offeredPerSecond: "offered/s",
  cpuMsPerRequest: "CPU ms a request",
  p50Ms: "p50 ms",
  p95Ms: "p95 ms",
  p99Ms: "p99 ms",
  eventLoopDelayP99Ms: "loop delay p99 ms",
  rssMb: "RSS MB",
  rssBeforeMb: "RSS before MB",
  pssMb: "PSS MB",
  mbPerSecond: "MB/s",
  openMs: "open ms",
  startMs: "start to ready ms",
  runMs: "ms a run",
  loadMs: "ms a load",
  peakTimesItsSize: "peak memory, times its size",
  msPerLoad: "ms a load",
  ofParsing: "of parsing",
  ofNone: "of none",
  cpuUsPerRequest: "CPU µs a request",
  ofRequest: "of a request",
  costUs: "its cost µs",
  ofBareLoop: "of the bare loop",
  generatorLateP99Ms: "generator late p99 ms",
  generatorCores: "generator cores",
  medianMs: "median ms",
  builtinUs: "built-in µs",
  oursUs: "ours µs",
  timesAsFast: "times as fast",
  peakRssMb: "peak RSS MB",
  ofFloor: "of the floor",
};

/** Figures from which on two rows are set as columns. */
const UPRIGHT_FROM = 8;

/** One scenario's tables as text. */
export function scenarioText({ name, title, tookMs, tables = [], error }) {
  const heading = `\n${name}: ${title} (${Math.round(tookMs / 1000)} s)`;
  if (error !== undefined) return `${heading}\n  failed: ${error}`;
  return [
    heading,
    ...tables.flatMap(({ title: caption, rows }) => [...(caption ? [caption] : []), rowsText(rows)]),
  ].join("\n");
}

/** A line for each target, as text. */
export function targetsText(scenarios) {
  const rows = scenarios.flatMap(({ targets = [] }) => targets);
  const table = newTable(["target", "wanted", "measured", ""]);
  for (const { what, wanted, measured, reached } of rows) {
    table.push([what, wanted, figure(measured), reached ? "reached" : "not reached"]);
  }
  return rows.length === 0 ? "" : `\n${table}`;
}

/** Few rows of many figures stand upright, so that they fit the screen. */
function rowsText(rows) {
  const keys = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  if (rows.length <= 2 && keys.length > UPRIGHT_FROM) return uprightText(rows, keys);
  const table = newTable(keys.map((key) => HEADINGS[key] ?? key));
  for (const row of rows) table.push(keys.map((key) => figure(row[key])));
  return table.toString();
}

function uprightText(rows, keys) {
  const table = newTable(["", ...rows.map(({ name }) => name)]);
  for (const key of keys.filter((each) => each !== "name")) {
    table.push([HEADINGS[key] ?? key, ...rows.map((row) => figure(row[key]))]);
  }
  return table.toString();
}

function newTable(head) {
  return new Table({ head, style: { head: [], border: [], compact: true }, wordWrap: true });
}

/** Three digits that count, more for large numbers, and no powers of ten. */
function figure(value) {
  if (typeof value !== "number") return value ?? "";
  if (!Number.isFinite(value)) return "";
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value) || 1)));
  return Number(value.toFixed(Math.min(3, decimals))).toLocaleString("en-US");
}
