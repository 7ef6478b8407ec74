import type { ServerOptions } from "@grpc/grpc-js";
import type { ServerLimits } from "@plinth/core";

/** What grpc-js is told: https://github.com/grpc/grpc-node/tree/master/packages/grpc-js#supported-channel-options */
export function channelOptions({ maxRequestBytes }: ServerLimits): ServerOptions {
  return {
    "grpc.max_receive_message_length": maxRequestBytes,
    "grpc.max_send_message_length": -1,
    // Books that nobody reads here, and that every call pays for.
    "grpc.enable_channelz": 0,
  };
}
