import type { ServerResponse } from "node:http";
import { PlinthError } from "@plinth/core";

/** What a request is answered with that gets its answer piece by piece. */
export interface StreamedAnswer {
  /** `Content-Type` and all others but `Content-Length`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Nobody may write to a part any more. */
  readonly parts: AsyncGenerator<Uint8Array, void, undefined>;
  /** The last part where the stream fails after its first one, and the status cannot be changed any more. */
  failure(error: PlinthError): Uint8Array;
}

/**
 * Writes an answer as it comes, the next part when the client has room for it; the last one on its connection if told so. A client that
 * goes away ends the stream.
 *
 * @throws what the stream throws; ahead of its first part nothing is written
 */
export async function sendStream(
  response: ServerResponse,
  { headers, parts, failure }: StreamedAnswer,
  isLast: () => boolean,
): Promise<void> {
  try {
    let part = await parts.next();
    if (response.destroyed) return;
    if (isLast()) response.shouldKeepAlive = false;
    response.writeHead(200, headers);
    for (; !part.done; part = await parts.next()) {
      if (!response.write(part.value)) await roomOrGone(response);
      if (response.destroyed) return;
    }
    end(response, isLast);
  } catch (thrown) {
    if (response.headersSent && !response.destroyed) {
      response.write(failure(PlinthError.from(thrown)));
      end(response, isLast);
    }
    throw thrown;
  } finally {
    await parts.return();
  }
}

/** The headers may have promised a connection that is to be closed by now. */
function end(response: ServerResponse, isLast: () => boolean): void {
  const { socket } = response;
  response.end(() => {
    if (isLast()) socket?.end();
  });
}

function roomOrGone(response: ServerResponse): Promise<void> {
  if (response.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      response.off("drain", done);
      response.off("close", done);
      resolve();
    };
    response.once("drain", done);
    response.once("close", done);
  });
}
