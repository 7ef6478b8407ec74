import type { Socket } from "node:net";
import { PlinthError, type PortGuest, type SharedPort } from "@plinth/core";
import { PROBE_AFTER_MS } from "./listener.js";

/** What an HTTP/2 client says first: https://www.rfc-editor.org/rfc/rfc9113#section-3.4 */
const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** @throws PlinthError `CONFIG_INVALID` where there is none, or it takes more than `port: shared` to say which */
export function theSharedPort(ports: readonly SharedPort[]): SharedPort {
  const [only] = ports;
  if (only !== undefined && ports.length === 1) return only;
  throw new PlinthError(
    "CONFIG_INVALID",
    `port: shared: expected one protocol beside that listens on a port and shares it, as { use: rest }, got ${ports.length}`,
  );
}

/** gRPC on the port of another protocol. Connections that come before it takes any, or after that, are closed. */
export class SharedPortGuest implements PortGuest {
  readonly scheme = "grpc";
  readonly preface: Uint8Array = PREFACE;
  readonly alpnProtocol = "h2";
  #take: ((connection: Socket) => void) | undefined;

  open(take: (connection: Socket) => void): void {
    this.#take = take;
  }

  close(): void {
    this.#take = undefined;
  }

  take(connection: Socket): void {
    if (this.#take === undefined) {
      connection.destroy();
      return;
    }
    connection.setKeepAlive(true, PROBE_AFTER_MS);
    this.#take(connection);
  }
}
