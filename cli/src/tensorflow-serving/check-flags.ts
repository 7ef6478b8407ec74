import { channelArguments } from "./channel-arguments.js";
import type { FlagValues } from "./parse-flags.js";
import { SERVING_FLAGS, type ServingFlag } from "./serving-flags.js";

const MAX_PORT = 65_535;

/** What to tell whoever started the server by flags. */
export interface FlagReport {
  /** Why it cannot be started so. */
  readonly faults: readonly string[];
  /** What it was asked for and does not do. */
  readonly warnings: readonly string[];
}

/** Holds flags against each other, as TensorFlow Serving does, and against what there is here. */
export function checkFlags(flags: FlagValues): FlagReport {
  const noted = (treatment: ServingFlag["treatment"]) =>
    flags.differing.flatMap((name) => {
      const flag = SERVING_FLAGS[name];
      return flag?.treatment === treatment ? [{ name, note: flag.note }] : [];
    });
  return {
    faults: [
      ...noted("refused").map(({ name, note }) => `--${name} cannot be used here: ${note}`),
      ...portFaults(flags),
      ...modelFaults(flags),
      ...channelFaults(flags),
    ],
    warnings: [
      ...channelWarnings(flags),
      ...noted("ignored").map(({ name, note }) => `--${name} is ignored: ${note}`),
      ...modelWarnings(flags),
    ],
  };
}

function portFaults(flags: FlagValues): readonly string[] {
  const faults = (["port", "rest_api_port"] as const).flatMap((name) => {
    const port = flags.number(name);
    return port >= 0 && port <= MAX_PORT ? [] : [`--${name}: expected a port from 0 to ${MAX_PORT}, got ${port}`];
  });
  const rest = flags.number("rest_api_port");
  const grpc = flags.number("port");
  if (rest === 0 && grpc === 0 && flags.text("grpc_socket_path") === "") {
    faults.push("--port and --rest_api_port are both 0: nothing would listen. Add --rest_api_port=8501 or --port=8500");
  } else if (rest !== 0 && rest === grpc) {
    faults.push(`--port and --rest_api_port are both ${rest}; give REST a port of its own, as --rest_api_port=8501`);
  }
  return faults;
}

function modelFaults(flags: FlagValues): readonly string[] {
  const faults: string[] = [];
  if (flags.text("model_base_path") === "" && flags.text("model_config_file") === "") {
    faults.push("--model_base_path and --model_config_file are both empty; say which models to serve by one of them");
  }
  if (flags.text("batching_parameters_file") !== "" && !flags.isOn("enable_batching")) {
    faults.push("--batching_parameters_file means nothing without --enable_batching; add that, or leave the file out");
  }
  return faults;
}

function channelFaults(flags: FlagValues): readonly string[] {
  const { faults } = channelArguments(flags.text("grpc_channel_arguments"));
  return faults.map((fault) => `--grpc_channel_arguments: ${fault}`);
}

function channelWarnings(flags: FlagValues): readonly string[] {
  const { unknown } = channelArguments(flags.text("grpc_channel_arguments"));
  if (unknown.length === 0) return [];
  return [`--grpc_channel_arguments: ${unknown.join(", ")} mean nothing here and are ignored`];
}

function modelWarnings(flags: FlagValues): readonly string[] {
  if (flags.text("model_config_file") === "") return [];
  const beside = (["model_name", "model_base_path"] as const).filter((name) => flags.isGiven(name));
  return beside.map((name) => `--${name} is ignored: --model_config_file says which models there are`);
}
