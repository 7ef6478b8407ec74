import { testProtocol } from "@plinth/conformance";
import { GrpcProtocol, grpcOptions } from "../src/index.js";
import { predictEcho } from "./predict-client.js";
import { SILENT } from "./silent-logger.js";

testProtocol("protocol-grpc", {
  create: (settings, port) =>
    new GrpcProtocol({ options: grpcOptions.parse({ port }), settings, routes: [], logger: SILENT }),
  infer: predictEcho,
});
