import type { ModelServer } from "./model-server.js";
import { createToken, type Token } from "./token.js";

/**
 * A way to reach the server. It turns bytes into tensors and tensors into bytes and errors into its own codes, and knows
 * neither backends nor storages. Limits and the address to listen on come from {@link ServerSettings}.
 */
export interface Protocol extends AsyncDisposable {
  /** How people name it in `config.yaml`, as `rest`. */
  readonly name: string;

  /**
   * Begins to listen, and answers from then on. Called once, when the list of models is known. Rejects where it cannot listen, or
   * when `signal` aborts before it does, and then listens nowhere; an abort after that means nothing.
   */
  start(server: ModelServer, options: { readonly signal: AbortSignal }): Promise<readonly Endpoint[]>;

  /**
   * Takes no new connections and requests, finishes what it has begun, and settles when all is answered, or at once when
   * `signal` aborts; disposal then cuts what is left.
   */
  drain(options: { readonly signal: AbortSignal }): Promise<void>;
}

/** All protocols that are configured. */
export const Protocol: Token<Protocol> = createToken<Protocol>("Protocol");

/** Where a protocol listens, as clients would write it. */
export interface Endpoint {
  /** As `http://127.0.0.1:8501`. */
  readonly url: string;
}
