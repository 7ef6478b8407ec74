import type { RequestListener, ServerOptions } from "node:http";
import { createServer, type Server } from "node:https";
import type { Logger } from "@plinth/core";
import type { ReloadedTls } from "@plinth/server-tls";

const HTTP = "http/1.1";

export interface TlsServerOptions {
  readonly http: ServerOptions;
  readonly tls: Pick<ReloadedTls, "bounds" | "context" | "onChange">;
  /** What else clients may ask for; the server prefers HTTP/1.1 where one offers both. */
  readonly alpnProtocols: readonly string[];
  readonly logger: Logger;
}

/** An HTTP server that speaks TLS, with what the files hold when a connection comes. */
export function createTlsServer(options: TlsServerOptions, answer: RequestListener): Server {
  const { http, tls, alpnProtocols, logger } = options;
  const server = createServer(
    { ...http, ...tls.bounds, ...tls.context, ALPNProtocols: [HTTP, ...alpnProtocols] },
    answer,
  );
  tls.onChange((context) => server.setSecureContext(context));
  // Node has it answered as what is no HTTP; but there is nobody yet who could read an answer.
  server.removeAllListeners("tlsClientError");
  server.on("tlsClientError", (error, socket) => {
    logger.debug("A client could not agree on TLS", { error });
    socket.destroy();
  });
  return server;
}
