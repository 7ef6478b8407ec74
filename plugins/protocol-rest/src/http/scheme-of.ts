import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";

/** What URLs begin with that are asked for on this connection. */
export function schemeOf(socket: Socket): "http" | "https" {
  return (socket as Partial<TLSSocket>).encrypted === true ? "https" : "http";
}
