import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from "node:http2";

/** How a call ended, as it stands on the wire. */
export interface RawEnd {
  /** The number of `grpc-status`; `undefined` where the stream ended without one. */
  readonly status: number | undefined;
  readonly message: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A client straight over HTTP/2, which can send what no library would. */
export class RawClient implements AsyncDisposable {
  readonly session: ClientHttp2Session;

  private constructor(session: ClientHttp2Session) {
    this.session = session;
  }

  static async connect(address: string): Promise<RawClient> {
    const session = connect(`http://${address}`);
    session.on("error", () => {});
    await once(session, "connect");
    return new RawClient(session);
  }

  begin(path: string, headers: Readonly<Record<string, string>> = {}): ClientHttp2Stream {
    const always = { ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers" };
    return this.session.request({ ...always, ...headers });
  }

  /** Sends these bytes as they are. */
  send(path: string, bytes: Uint8Array, headers: Readonly<Record<string, string>> = {}): Promise<RawEnd> {
    const stream = this.begin(path, headers);
    const end = endOf(stream);
    stream.end(bytes);
    return end;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.session.destroy();
  }
}

export async function endOf(stream: ClientHttp2Stream): Promise<RawEnd> {
  let headers: IncomingHttpHeaders = {};
  const chunks: Buffer[] = [];
  stream.on("response", (first) => {
    headers = { ...headers, ...first };
  });
  stream.on("trailers", (last) => {
    headers = { ...headers, ...last };
  });
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.on("error", () => {});
  // The server may have said all before the request has ended.
  stream.on("end", () => stream.close());
  await once(stream, "close");
  const status = headers["grpc-status"];
  return {
    status: status === undefined ? undefined : Number(status),
    message: decodeURIComponent(String(headers["grpc-message"] ?? "")),
    headers,
    body: Buffer.concat(chunks),
  };
}

/** A message as gRPC frames it. */
export function framed(message: Uint8Array, isCompressed = false): Buffer {
  const head = Buffer.of(Number(isCompressed), 0, 0, 0, 0);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}
