import type { ChildProcess } from "node:child_process";

/**
 * What `node:cluster` says to a worker with a connection that it hands over, and what the worker answers: see `handoff` in Node's
 * lib/internal/cluster/round_robin_handle.js and `sendHelper` in utils.js beside it.
 */
interface ClusterMessage {
  readonly cmd?: unknown;
  readonly act?: unknown;
  readonly seq?: unknown;
  readonly ack?: unknown;
  readonly accepted?: unknown;
}

interface Connection {
  close(): void;
}

/** Refusals are counted, and so put in order; a worker refuses when it has as many connections as it may. */
let refusals = 0;

const firstRefusal = new WeakMap<Connection, number>();

/** Of any connection, by each worker that lives. */
const lastRefusal = new Map<ChildProcess, number>();

/**
 * Closes connections that `node:cluster` would keep open without end, so that their clients learn at once that nobody answers: the one that
 * a worker was being handed when it died, and those that nobody
 * takes, which would be handed to and fro as fast as the processes can. Nobody takes one if each worker has refused it, or another
 * one since: a worker that refuses one of several may get the same one again. Where Node's messages are not what they are today, this does nothing.
 *
 * @param workers how many there are now
 */
export function closeUnwantedConnections(worker: ChildProcess, workers: () => number): void {
  const handed = new Map<unknown, Connection>();
  const send = worker.send.bind(worker) as (message: ClusterMessage, ...rest: unknown[]) => boolean;
  worker.send = (message: ClusterMessage, ...rest: unknown[]): boolean => {
    const [handle] = rest;
    if (message.cmd !== "NODE_CLUSTER" || message.act !== "newconn" || !isConnection(handle)) {
      return send(message, ...rest);
    }
    if (isRefusedByAll(handle, workers())) {
      // As if the worker had taken it: the connection is closed here then, and the next one is handed over.
      const taken = { cmd: "NODE_CLUSTER", ack: message.seq, accepted: true };
      setImmediate(() => worker.emit("internalMessage", taken));
      return true;
    }
    handed.set(message.seq, handle);
    return send(message, ...rest);
  };
  // Ahead of cluster's own listener, which hands a connection that was refused to the next one.
  worker.prependListener("internalMessage", ({ cmd, ack, accepted }: ClusterMessage) => {
    const connection = cmd === "NODE_CLUSTER" ? handed.get(ack) : undefined;
    if (connection === undefined) return;
    handed.delete(ack);
    if (accepted !== false) return;
    lastRefusal.set(worker, ++refusals);
    if (!firstRefusal.has(connection)) firstRefusal.set(connection, refusals);
  });
  worker.once("exit", () => {
    lastRefusal.delete(worker);
    for (const connection of handed.values()) connection.close();
  });
}

function isRefusedByAll(connection: Connection, workers: number): boolean {
  const first = firstRefusal.get(connection) ?? Number.POSITIVE_INFINITY;
  return [...lastRefusal.values()].filter((last) => last >= first).length >= workers;
}

function isConnection(handle: unknown): handle is Connection {
  return typeof (handle as Partial<Connection> | undefined)?.close === "function";
}
