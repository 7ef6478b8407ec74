import type { PeerMessage } from "./peer.js";

/** A front's process, seen from the main process. Messages arrive in the order in which they were sent. */
export interface FrontChannel {
  readonly pid: number;
  send(message: PeerMessage): void;
  /** Ends the process at once; {@link FrontListener.ended} is called then. Does nothing where it has ended. */
  kill(): void;
}

export interface FrontListener {
  received(message: PeerMessage): void;
  /** Called once, when there will be no more messages. @param why as people say it, as `it was ended by SIGKILL` */
  ended(why: string): void;
}

/** Starts the process of a front. The listener is called from a later turn of the event loop on. */
export type OpenFront = (listener: FrontListener) => FrontChannel;
