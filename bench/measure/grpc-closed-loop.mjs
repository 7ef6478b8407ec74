import { once } from "node:events";
import { connect } from "node:http2";
import { latencyFigures } from "./statistics.mjs";

/** Largest window of HTTP/2's flow control (RFC 9113, 6.9.1), so that large answers need not wait for it. */
const WINDOW_BYTES = 2 ** 31 - 1;

/** What the calls under way may hold, so that large messages are not refused by the client itself. */
const MAX_SESSION_MB = 1_000;

/**
 * Unary calls of one gRPC method, `concurrency` of them under way at any time, over one connection: straight over HTTP/2, because a
 * client of grpc-js takes more CPU than the server that is measured.
 *
 * @param load `address` as `host:port`, `method` as `/package.Service/Method`, `message`: the encoded request
 * @throws Error if a call ends with another status than 0
 */
export async function grpcClosedLoop({ address, method, message, concurrency, seconds }) {
  const session = connect(`http://${address}`, {
    settings: { initialWindowSize: WINDOW_BYTES },
    maxSessionMemory: MAX_SESSION_MB,
  });
  await once(session, "connect");
  session.setLocalWindowSize(WINDOW_BYTES);
  const headers = { ":method": "POST", ":path": method, "content-type": "application/grpc", te: "trailers" };
  const frame = lengthPrefixed(message);
  const latenciesMs = [];
  const beganAtMs = performance.now();
  const caller = async () => {
    for (let nowMs = beganAtMs; nowMs < beganAtMs + seconds * 1000; ) {
      await call(session, headers, frame);
      const sentAtMs = nowMs;
      nowMs = performance.now();
      latenciesMs.push(nowMs - sentAtMs);
    }
  };
  try {
    await Promise.all(Array.from({ length: concurrency }, caller));
  } finally {
    session.destroy();
  }
  const requests = latenciesMs.length;
  return { requests, perSecond: (requests / (performance.now() - beganAtMs)) * 1000, ...latencyFigures(latenciesMs) };
}

function call(session, headers, frame) {
  const stream = session.request(headers);
  return new Promise((resolve, reject) => {
    let status;
    stream.on("trailers", (trailers) => {
      status = trailers["grpc-status"];
    });
    stream.on("error", reject);
    stream.on("close", () => {
      return Number(status) === 0 ? resolve() : reject(new Error(`${headers[":path"]}: grpc-status ${status}`));
    });
    stream.resume();
    stream.end(frame);
  });
}

/** Not compressed, four bytes of length, then the message (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md). */
function lengthPrefixed(message) {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}
