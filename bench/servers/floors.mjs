import { beside, ServerProcess } from "./server-process.mjs";

const NAMES = {
  echo: "node:http, sends the body back",
  parse: "node:http, JSON.parse, answers ten numbers",
  session: "node:http by hand: JSON.parse, session.run",
};

/** A bare node:http server; see http-floor.mjs. */
export function startHttpFloor(answering, file) {
  const parameters = [beside("http-floor.mjs"), answering, ...(file === undefined ? [] : [file])];
  return ServerProcess.start(NAMES[answering], parameters, { readyPath: "/readyz" });
}

/** A bare @grpc/grpc-js server; see grpc-floor.mjs. */
export function startGrpcFloor(replyBytes) {
  return ServerProcess.start(`@grpc/grpc-js, answers ${replyBytes} bytes`, [
    beside("grpc-floor.mjs"),
    String(replyBytes),
  ]);
}
