import type { PeerMessage } from "../../serving/fronts/peer.js";
import { HELLO } from "./cluster-fronts.js";
import { FrontServer } from "./front-server.js";

/** What a front's process begins with. The main process ends it; signals, which a terminal sends to both, are for that alone. */
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});

const front = new FrontServer(
  (message) => void process.send?.(message, undefined, {}, () => {}),
  () => process.exit(0),
);
// A worker of node:cluster ends when the main process has gone.
process.on("exit", () => {
  if (!process.connected) front.clearAway();
});
process.on("message", (message: PeerMessage) => front.receive(message));
process.send?.(HELLO);
