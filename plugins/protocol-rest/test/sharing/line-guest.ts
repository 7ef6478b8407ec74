import type { Socket } from "node:net";
import type { PortGuest } from "@plinth/core";

/** Says back what it is sent, in upper case. */
export class LineGuest implements PortGuest {
  readonly scheme = "lines";
  readonly alpnProtocol = "lines";
  readonly preface: Buffer = Buffer.from("PRINT ");
  readonly connections = new Set<Socket>();

  take(connection: Socket): void {
    this.connections.add(connection);
    connection.on("data", (chunk: Buffer) => connection.write(chunk.toString().toUpperCase()));
    connection.once("close", () => this.connections.delete(connection));
    connection.on("error", () => {});
  }
}
