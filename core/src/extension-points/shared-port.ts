import type { Socket } from "node:net";
import { createToken, type Token } from "./token.js";

/**
 * A port on which a protocol accepts connections for others too: it looks at what each begins with, or at what it asked for in
 * TLS, and hands over those that are a guest's. All of them count for `server.limits.maxConnections` of that port.
 */
export interface SharedPort {
  /** Lets a guest in. Called while services are made, so that a protocol that starts knows all of them. */
  admit(guest: PortGuest): void;
}

/** Provided by each protocol that shares its port. */
export const SharedPort: Token<SharedPort> = createToken<SharedPort>("SharedPort");

/** A protocol on a port where another one listens. */
export interface PortGuest {
  /** What its URLs begin with, as `grpc`; an `s` is added where the port speaks TLS. */
  readonly scheme: string;
  /** What all of its connections begin with, and none of the host's: a few bytes, known before anything is answered. */
  readonly preface: Uint8Array;
  /** What its clients say that they speak where the port speaks TLS, as `h2`: https://www.rfc-editor.org/rfc/rfc7301 */
  readonly alpnProtocol: string;
  /**
   * Owns the connection from then on; what was read of it is there to be read again. The host cuts what is left when it is disposed.
   * Over TLS it is what the client sees: the host speaks TLS. May be called before the guest has started and after it has stopped, and never throws.
   */
  take(connection: Socket): void;
}
