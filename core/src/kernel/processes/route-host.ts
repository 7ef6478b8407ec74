import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { serialize } from "node:v8";
import type { Logger } from "../../extension-points/logger.js";
import type { Route } from "../../extension-points/route.js";
import { PlinthError } from "../../model/errors.js";
import { packError } from "../../serving/execution/worker/packed-error.js";
import { CALLER_HEADER, headersOf, PARAMS_HEADER, passedOn, THROWN_HEADER, URL_HEADER } from "./route-headers.js";

/** Largest request line and headers together, in bytes: more than a front takes of its clients. */
const MAX_HEADER_BYTES = 131_072;

/**
 * Answers, in the main process, the routes that plugins provide, for all fronts: on a socket in a folder that this user alone may open.
 * Who may ask is decided where the client arrives.
 */
export class RouteHost implements AsyncDisposable {
  readonly #routes: readonly Route[];
  readonly #logger: Logger;
  readonly #server: Server;
  #folder: string | undefined;

  constructor(routes: readonly Route[], logger: Logger) {
    this.#routes = routes;
    this.#logger = logger;
    this.#server = createServer(
      // How long a request may take is for the front to say, which has the client.
      { requestTimeout: 0, headersTimeout: 0, maxHeaderSize: MAX_HEADER_BYTES },
      (request, response) => void this.#answer(request, response),
    );
  }

  /** Begins to answer. @returns the path of the socket */
  async start(): Promise<string> {
    this.#folder = await mkdtemp(join(tmpdir(), "plinth-"));
    const path = join(this.#folder, "routes.sock");
    this.#server.listen(path);
    await once(this.#server, "listening");
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) {
      const closed = once(this.#server, "close");
      this.#server.close();
      this.#server.closeAllConnections();
      await closed;
    }
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
  }

  async #answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const gone = new AbortController();
    outgoing.once("close", () => {
      if (!outgoing.writableFinished) gone.abort();
    });
    try {
      await write(outgoing, await this.#handle(incoming, gone.signal));
    } catch (thrown) {
      if (outgoing.headersSent) outgoing.destroy();
      else {
        outgoing.writeHead(500, { [THROWN_HEADER]: "1" });
        outgoing.end(serialize(packError(thrown)));
      }
      if (!gone.signal.aborted) this.#logger.debug(`${incoming.method} ${incoming.url} failed`, { error: thrown });
    }
  }

  async #handle(incoming: IncomingMessage, signal: AbortSignal): Promise<Response> {
    const { method = "GET", headers } = incoming;
    const route = this.#routes[Number(incoming.url?.slice(1))];
    const { [URL_HEADER]: url, [PARAMS_HEADER]: params, [CALLER_HEADER]: caller } = headers;
    if (route === undefined || typeof url !== "string" || typeof params !== "string" || typeof caller !== "string") {
      throw new PlinthError("INTERNAL", `Expected a request of a front, got ${method} ${incoming.url}`);
    }
    const own = passedOn(headersOf(incoming)).filter(
      ([name]) => ![URL_HEADER, PARAMS_HEADER, CALLER_HEADER].includes(name),
    );
    const hasBody = method !== "GET" && method !== "HEAD";
    const request = new Request(url, {
      method,
      headers: own.map(([name, value]) => [name, value] as [string, string]),
      signal,
      ...(hasBody && { body: bodyOf(incoming), duplex: "half" }),
    });
    return route.handle(request, {
      params: new Map(JSON.parse(decodeURIComponent(params))),
      caller: decodeURIComponent(caller) || undefined,
    });
  }
}

function bodyOf(incoming: IncomingMessage): ReadableStream<Uint8Array> {
  return Readable.toWeb(Readable.from(untilGone(incoming), { objectMode: false })) as ReadableStream<Uint8Array>;
}

async function* untilGone(incoming: IncomingMessage): AsyncGenerator<Uint8Array> {
  try {
    yield* incoming;
  } catch (cause) {
    throw new PlinthError("CANCELLED", "The client went away before its request was complete", { cause });
  }
}

async function write(outgoing: ServerResponse, response: Response): Promise<void> {
  outgoing.statusCode = response.status;
  outgoing.statusMessage = response.statusText;
  for (const [name, value] of passedOn(response.headers)) outgoing.appendHeader(name, value);
  if (response.body === null) outgoing.end();
  else await pipeline(Readable.fromWeb(response.body as ReadableStream), outgoing);
}
