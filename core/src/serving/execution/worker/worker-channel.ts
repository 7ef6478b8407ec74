import type { FromWorker, ToWorker } from "./worker-messages.js";

/** A worker, seen from the server: where messages go to and come from. Messages arrive in the order in which they were sent. */
export interface WorkerChannel {
  /** The buffers in `moved` are the worker's from now on, where it can have them without a copy. */
  send(message: ToWorker, moved: readonly ArrayBuffer[]): void;

  /** Ends the worker at once; {@link WorkerListener.ended} is called then. Does nothing where it has ended. */
  kill(): void;

  /** Whether this process stays alive for the worker; it does at first. Absent: always. */
  holdProcess?(holds: boolean): void;
}

export interface WorkerListener {
  received(message: FromWorker): void;
  /** Called once, when there will be no more messages. @param why as people say it, as `it was ended by SIGSEGV` */
  ended(why: string): void;
}

/** Starts a worker. The listener is called from a later turn of the event loop on. */
export type OpenWorker = (listener: WorkerListener) => WorkerChannel;

/** The server, seen from a worker. */
export interface ServerChannel {
  send(message: FromWorker, moved: readonly ArrayBuffer[]): void;
  /** Has each message handed to `receive`; called once. */
  listen(receive: (message: ToWorker) => void): void;
  /** Lets the worker end when it has nothing more to do. */
  close(): void;
}
