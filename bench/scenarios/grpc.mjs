import { grpcClosedLoop } from "../measure/grpc-closed-loop.mjs";
import { inTurns } from "../measure/in-turns.mjs";
import { startGrpcFloor } from "../servers/floors.mjs";
import { withServers } from "../servers/server-process.mjs";

const CONCURRENCY = 32;

const FLOAT32_BYTES = 4;

/** What the row of 784 numbers and the picture have as raw tensors, in bytes. */
const SIZES = [784 * FLOAT32_BYTES, 224 * 224 * 3 * FLOAT32_BYTES];

export const grpc = {
  title: "gRPC, raw tensors: the floor alone until there is a protocol to measure",

  run({ rounds, seconds }) {
    return withServers([startGrpcFloor], async (floor) => {
      const candidates = SIZES.flatMap((bytes) => [
        overGrpc(floor, { method: "/bench.Echo/Echo", message: Buffer.alloc(bytes) }),
        // What is served goes here: overGrpc(plinth, { method: "/inference.GRPCInferenceService/ModelInfer", message }).
      ]);
      const measured = await inTurns(candidates, { rounds, seconds: seconds(1.5) });
      return { tables: [{ title: `${CONCURRENCY} calls under way`, rows: measured.rows() }], targets: [] };
    });
  },
};

function overGrpc(server, { method, message }) {
  const load = { address: server.url, method, message, concurrency: CONCURRENCY };
  return {
    name: `${server.name}, ${message.length} bytes`,
    load: (seconds) => server.under(() => grpcClosedLoop({ ...load, seconds })),
  };
}
