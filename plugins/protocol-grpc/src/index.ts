export { GrpcProtocol, type GrpcProtocolOptions } from "./grpc-protocol.js";
export { type GrpcOptions, grpcOptions } from "./options.js";
export { plugin } from "./plugin.js";
