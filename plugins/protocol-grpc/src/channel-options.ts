import type { ServerOptions } from "@grpc/grpc-js";
import type { ServerLimits } from "@plinth/core";
import type { GrpcOptions } from "./options.js";

/** What grpc-js is told: https://github.com/grpc/grpc-node/tree/master/packages/grpc-js#supported-channel-options */
export function channelOptions(
  { maxRequestBytes }: ServerLimits,
  { maxConcurrentStreams, keepAlive }: GrpcOptions,
): ServerOptions {
  const { pingAfterMs, pingTimeoutMs, maxIdleMs, maxAgeMs, maxAgeGraceMs } = keepAlive;
  return {
    "grpc.max_receive_message_length": maxRequestBytes,
    "grpc.max_send_message_length": -1,
    "grpc.max_concurrent_streams": maxConcurrentStreams,
    ...(pingAfterMs > 0 && { "grpc.keepalive_time_ms": pingAfterMs }),
    "grpc.keepalive_timeout_ms": pingTimeoutMs,
    ...(maxIdleMs > 0 && { "grpc.max_connection_idle_ms": maxIdleMs }),
    ...(maxAgeMs > 0 && { "grpc.max_connection_age_ms": maxAgeMs }),
    ...(maxAgeGraceMs > 0 && { "grpc.max_connection_age_grace_ms": maxAgeGraceMs }),
    // Books that nobody reads here, and that every call pays for.
    "grpc.enable_channelz": 0,
  };
}
