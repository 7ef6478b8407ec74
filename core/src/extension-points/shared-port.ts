import type { Socket } from "node:net";
import { createToken, type Token } from "./token.js";

/**
 * A port on which a protocol accepts connections for others too: it looks at what each begins with, and hands over those that are a
 * guest's. All of them count for `server.limits.maxConnections` of that port.
 */
export interface SharedPort {
  /** Lets a guest in. Called while services are made, so that a protocol that starts knows all of them. */
  admit(guest: PortGuest): void;
}

/** Provided by each protocol that shares its port. */
export const SharedPort: Token<SharedPort> = createToken<SharedPort>("SharedPort");

/** A protocol on a port where another one listens. */
export interface PortGuest {
  /** What its URLs begin with, as `grpc`. */
  readonly scheme: string;
  /** What all of its connections begin with, and none of the host's: a few bytes, known before anything is answered. */
  readonly preface: Uint8Array;
  /**
   * Owns the connection from then on; what was read of it is there to be read again. The host cuts what is left when it is disposed.
   * May be called before the guest has started and after it has stopped, and never throws.
   */
  take(connection: Socket): void;
}
