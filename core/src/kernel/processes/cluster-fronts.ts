import cluster from "node:cluster";
import { fileURLToPath } from "node:url";
import { PlinthError } from "../../model/errors.js";
import type { FrontChannel, FrontListener } from "../../serving/fronts/front-channel.js";
import type { PeerMessage } from "../../serving/fronts/peer.js";
import { closeUnwantedConnections } from "./handed-connections.js";

const ENTRY = new URL("./front-entry.js", import.meta.url);

const STANDARD_ERROR = 2;

/** What a front says first, once it takes messages: Node drops those that come before its module has been loaded. */
export const HELLO = "hello";

/**
 * Starts a front as a worker of `node:cluster`, which has all of them listen on the same ports, and hands out connections to them in
 * turns. The settings of `cluster` are Plinth's from then on.
 *
 * @throws PlinthError `INTERNAL` in a worker of `node:cluster`, or where these sources were never built
 */
export function openClusterFront({ received, ended }: FrontListener): FrontChannel {
  if (ENTRY.href.endsWith(".ts") || import.meta.url.endsWith(".ts") || !cluster.isPrimary) {
    throw new PlinthError(
      "INTERNAL",
      "Several processes need @plinth/core as it is built, started by a program that is no worker of node:cluster. Use server: { processes: 1 }",
    );
  }
  cluster.setupPrimary({
    exec: fileURLToPath(ENTRY),
    args: [],
    serialization: "advanced",
    // What native code prints must not end up in this process's standard output.
    stdio: ["ignore", STANDARD_ERROR, STANDARD_ERROR, "ipc"],
  });
  const worker = cluster.fork();
  closeUnwantedConnections(worker.process, () => Object.keys(cluster.workers ?? {}).length);
  let why: string | undefined;
  // What cannot be sent any more is told by the exit.
  const send = (message: PeerMessage) => void worker.process.send(message, undefined, {}, () => {});
  let waiting: PeerMessage[] | undefined = [];
  worker.on("message", (message: PeerMessage | typeof HELLO) => {
    if (message !== HELLO) {
      received(message);
      return;
    }
    waiting?.forEach(send);
    waiting = undefined;
  });
  worker.on("error", (error) => {
    why ??= `it failed: ${error.message}`;
  });
  worker.once("exit", (code: number, signal: string | null) => {
    ended(why ?? (signal ? `it was ended by ${signal}` : `it ended with code ${code}`));
  });
  return {
    pid: worker.process.pid ?? 0,
    send: (message) => {
      if (waiting === undefined) send(message);
      else waiting.push(message);
    },
    kill: () => void worker.process.kill("SIGKILL"),
  };
}
