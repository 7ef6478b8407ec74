import { readdirSync, readFileSync } from "node:fs";

/** Clock ticks of /proc/<pid>/stat in a second: fixed by Linux's interface to programs. */
const TICKS_PER_SECOND = 100;

/** Fields of /proc/<pid>/stat after the name, as proc(5) numbers them from 3: parent, then user and system time, own and of children. */
const PARENT = 1;
const TIMES = [11, 12, 13, 14];

/** CPU time that a process and all its descendants have taken so far, in milliseconds; also of those that have ended. */
export function cpuMs(pid) {
  const ticks = tree(pid).map(({ stat }) => TIMES.reduce((sum, field) => sum + Number(stat[field]), 0));
  return (total(ticks) / TICKS_PER_SECOND) * 1000;
}

/**
 * Memory of a process and all its descendants, in MB of 10^6 bytes. What several of them share counts once for each in `rssMb`, and in
 * parts in `pssMb`.
 */
export function memoryMb(pid) {
  const rollups = tree(pid).map((each) => read(each.pid, "smaps_rollup") ?? "");
  const sum = (name) =>
    total(rollups.map((text) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0)));
  return { rssMb: (sum("Rss") * 1024) / 1e6, pssMb: (sum("Pss") * 1024) / 1e6 };
}

/**
 * The highest resident memory of this process so far, in MB of 10^6 bytes. `maxRSS` would not do: it begins with what the process that has
 * started this one held then.
 */
export function peakMemoryMb() {
  return (Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync("/proc/self/status", "utf8"))[1]) * 1024) / 1e6;
}

/** The process and its descendants that are alive. */
function tree(root) {
  const processes = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = read(name, "stat")?.split(") ").at(-1).split(" ");
      return stat === undefined ? [] : [{ pid: Number(name), parent: Number(stat[PARENT]), stat }];
    });
  const found = processes.filter(({ pid }) => pid === root);
  for (const { pid } of found) found.push(...processes.filter(({ parent }) => parent === pid));
  return found;
}

function read(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return undefined;
  }
}

function total(values) {
  return values.reduce((sum, value) => sum + value, 0);
}
