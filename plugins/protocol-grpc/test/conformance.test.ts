import { testProtocol } from "@plinth/conformance";
import { grpcProtocol } from "./grpc-under-test.js";
import { predictEcho } from "./predict-client.js";

testProtocol("protocol-grpc", { create: (settings, port) => grpcProtocol(settings, { port }), infer: predictEcho });
