/** The arguments of `--grpc_channel_arguments` that mean something here, by the option of the gRPC protocol that they set. */
const ARGUMENTS: ReadonlyMap<string, (value: number) => ChannelOptions> = new Map<
  string,
  (value: number) => ChannelOptions
>([
  ["grpc.max_connection_age_ms", (value) => ({ keepAlive: { maxAgeMs: value } })],
  ["grpc.max_connection_age_grace_ms", (value) => ({ keepAlive: { maxAgeGraceMs: value } })],
  ["grpc.max_connection_idle_ms", (value) => ({ keepAlive: { maxIdleMs: value } })],
  ["grpc.keepalive_time_ms", (value) => ({ keepAlive: { pingAfterMs: value } })],
  ["grpc.keepalive_timeout_ms", (value) => ({ keepAlive: { pingTimeoutMs: value } })],
  ["grpc.max_concurrent_streams", (value) => ({ maxConcurrentStreams: value })],
]);

/** Times that gRPC has for "never" are larger than any timer. */
const MAX_VALUE = 2 ** 31 - 1;

export interface ChannelOptions {
  readonly keepAlive?: Readonly<Record<string, number>>;
  readonly maxConcurrentStreams?: number;
}

/** What the text of the flag says. */
export interface ChannelArguments {
  readonly options: ChannelOptions;
  /** Arguments that have no meaning here. */
  readonly unknown: readonly string[];
  readonly faults: readonly string[];
}

/** Reads `name=value,name=value`. TensorFlow Serving hands on whatever it does not know, and gRPC passes over what that does not. */
export function channelArguments(text: string): ChannelArguments {
  let options: ChannelOptions = {};
  const unknown: string[] = [];
  const faults: string[] = [];
  for (const argument of text.split(",").filter((each) => each !== "")) {
    const [name = "", value = ""] = argument.split("=", 2);
    const optionOf = ARGUMENTS.get(name);
    if (optionOf === undefined) unknown.push(name);
    else if (!/^[0-9]{1,19}$/.test(value)) faults.push(`expected ${name}=<number>, got ${JSON.stringify(argument)}`);
    else options = merged(options, optionOf(Math.min(Number(value), MAX_VALUE)));
  }
  return { options, unknown, faults };
}

function merged(left: ChannelOptions, right: ChannelOptions): ChannelOptions {
  const keepAlive = { ...left.keepAlive, ...right.keepAlive };
  return { ...left, ...right, ...(Object.keys(keepAlive).length > 0 && { keepAlive }) };
}
