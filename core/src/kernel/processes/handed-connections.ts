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

/** The workers that have refused a connection, as one does that has as many as it may; each may be asked several times. */
const refusals = new WeakMap<Connection, Set<ChildProcess>>();

/**
 * Closes connections that `node:cluster` would keep open without end, so that their clients learn at once that nobody answers: the one that
 * a worker was being handed when it died, and those that every worker has refused, which would be handed to and fro as fast as the
 * processes can. Where Node's messages are not what they are today, this does nothing.
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
    if ((refusals.get(handle)?.size ?? 0) >= workers()) {
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
    if (accepted === false) refusals.set(connection, (refusals.get(connection) ?? new Set()).add(worker));
  });
  worker.once("exit", () => {
    for (const connection of handed.values()) connection.close();
  });
}

function isConnection(handle: unknown): handle is Connection {
  return typeof (handle as Partial<Connection> | undefined)?.close === "function";
}
