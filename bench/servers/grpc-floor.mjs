// A bare @grpc/grpc-js server that sends the bytes of any message back, whatever the method.
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

const server = new Server();
server.addService(definition, { echo: ({ request }, callback) => callback(null, request) });
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  console.log(`listens on 127.0.0.1:${port}`);
});
process.on("SIGTERM", () => process.exit(0));
