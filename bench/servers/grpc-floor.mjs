// A bare @grpc/grpc-js server: sends the bytes of any message back, or, where a number is given, so many bytes whatever comes.
import { Server, ServerCredentials } from "@grpc/grpc-js";

const bytes = (value) => value;
const path = "/bench.Echo/Echo";
const definition = {
  echo: {
    path,
    requestStream: false,
    responseStream: false,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  },
};
const replyBytes = process.argv[2];
const reply = replyBytes === undefined ? undefined : Buffer.alloc(Number(replyBytes));

const server = new Server();
server.addService(definition, { echo: ({ request }, callback) => callback(null, reply ?? request) });
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  console.log(`listens on grpc://127.0.0.1:${port}`);
});
process.on("SIGTERM", () => process.exit(0));
