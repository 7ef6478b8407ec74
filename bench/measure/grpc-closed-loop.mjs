import { Client, credentials } from "@grpc/grpc-js";
import { latencyFigures } from "./statistics.mjs";

const bytes = (value) => value;

/**
 * Unary calls of one gRPC method, `concurrency` of them under way at any time, over one connection.
 *
 * @param load `address` as `host:port`, `method` as `/package.Service/Method`, `message`: the encoded request
 */
export async function grpcClosedLoop({ address, method, message, concurrency, seconds }) {
  const client = new Client(address, credentials.createInsecure());
  const latenciesMs = [];
  const untilMs = performance.now() + seconds * 1000;
  const call = () =>
    new Promise((resolve, reject) => {
      client.makeUnaryRequest(method, bytes, bytes, message, (error) => (error ? reject(error) : resolve()));
    });
  const caller = async () => {
    for (let beginMs = performance.now(); beginMs < untilMs; beginMs = performance.now()) {
      await call();
      latenciesMs.push(performance.now() - beginMs);
    }
  };
  try {
    await Promise.all(Array.from({ length: concurrency }, caller));
  } finally {
    client.close();
  }
  return { requests: latenciesMs.length, perSecond: latenciesMs.length / seconds, ...latencyFigures(latenciesMs) };
}
