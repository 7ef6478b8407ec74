import type { ChildProcess } from "node:child_process";

/** What `node:cluster` says to a worker with a connection that it hands over, and what the worker answers. */
interface ClusterMessage {
  readonly cmd?: unknown;
  readonly act?: unknown;
  readonly seq?: unknown;
  readonly ack?: unknown;
}

interface Connection {
  close(): void;
}

/**
 * Closes the connection that a worker of `node:cluster` was just being handed when it died. Node itself keeps it open for good
 * (`handoff` in its round_robin_handle.js), so that its client would wait for an answer that nobody gives. Where Node's messages are not
 * what they are today, this does nothing.
 */
export function closeUnclaimedConnections(worker: ChildProcess): void {
  const handed = new Map<unknown, Connection>();
  const send = worker.send.bind(worker) as (message: ClusterMessage, ...rest: unknown[]) => boolean;
  worker.send = (message: ClusterMessage, ...rest: unknown[]): boolean => {
    const [handle] = rest;
    if (message.cmd === "NODE_CLUSTER" && message.act === "newconn" && isConnection(handle)) {
      handed.set(message.seq, handle);
    }
    return send(message, ...rest);
  };
  worker.on("internalMessage", ({ cmd, ack }: ClusterMessage) => {
    if (cmd === "NODE_CLUSTER") handed.delete(ack);
  });
  worker.once("exit", () => {
    for (const connection of handed.values()) connection.close();
  });
}

function isConnection(handle: unknown): handle is Connection {
  return typeof (handle as Partial<Connection> | undefined)?.close === "function";
}
