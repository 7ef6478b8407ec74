/** Who stands between an HTTP server and the connections that it accepts, and gives guests theirs. */
export interface SharedConnections extends Disposable {
  /** Cuts those of which nobody knows yet whose they are. */
  drain(): void;
  /** Cuts those of guests as well. */
  [Symbol.dispose](): void;
}
