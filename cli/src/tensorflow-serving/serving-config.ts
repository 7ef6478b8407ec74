import { isAbsolute, resolve } from "node:path";
import {
  composeConfig,
  FaultList,
  type LoadConfigOptions,
  type Location,
  mappingOf,
  type ServerConfig,
  type SourceEntry,
  type SourceMapping,
  type SourceNode,
  treeOf,
} from "@plinth/core";
import { batchingOf } from "./batching-parameters.js";
import { channelArguments } from "./channel-arguments.js";
import { BATCHING_PARAMETERS, MODEL_SERVER_CONFIG, MONITORING_CONFIG } from "./messages.js";
import { modelsOf } from "./model-server-config.js";
import { monitorsOf } from "./monitoring-config.js";
import type { FlagValues } from "./parse-flags.js";
import { readTextFile } from "./read-text-file.js";
import { type FlagName, SERVING_FLAGS } from "./serving-flags.js";
import type { SslConfigFile } from "./ssl-config.js";

/** TensorFlow Serving listens on every interface. */
const HOST = "0.0.0.0";

const MAX_POLL_INTERVAL_MS = 86_400_000;

/** What a server that is started by flags calls its configuration where no file has a name for it. */
const NO_FILE = "tensorflow_model_server";

type Key = readonly [key: string, entry: SourceEntry];

/**
 * Reads the configuration that flags stand for, with the files that they name.
 *
 * @param stateDirectory where the storage keeps what is its own
 * @param ssl that of `--ssl_config_file`
 * @throws PlinthError `CONFIG_INVALID` with all that is wrong, each with the line of its file or the flag
 */
export async function servingConfig(
  flags: FlagValues,
  stateDirectory: string,
  ssl: SslConfigFile,
  options: LoadConfigOptions,
): Promise<ServerConfig> {
  const file = flags.text("model_config_file") || NO_FILE;
  const faults = new FaultList(file);
  const batching = await batchingKeys(flags, faults);
  const models = await servedModels(flags, faults);
  const monitors = await configuredMonitors(flags, faults);
  const server = serverOf(flags);
  const root = mappingOf({ line: 1, column: 1 }, [
    ["server", { keyAt: server.at, node: server }],
    key("storage", { use: "disk", root: stateDirectory }, "plinth_state_dir"),
    ...backendsOf(flags),
    protocolsOf(flags, await ssl.tls(faults)),
    ...(monitors.length > 0 ? [listKey("monitors", monitors, "monitoring_config_file")] : []),
    ["models", { keyAt: models.at, node: withKeys(models, batching) }],
  ]);
  return composeConfig(root, file, faults, options);
}

/** The backends that are there anyway, where flags say how SavedModels are loaded. */
function backendsOf(flags: FlagValues): readonly Key[] {
  const [tags, iterations] = [flags.text("saved_model_tags"), flags.number("num_request_iterations_for_warmup")];
  const hasTags = tags !== SERVING_FLAGS.saved_model_tags?.defaultValue;
  if (!hasTags && iterations === 0) return [];
  const tfjs = {
    use: "tfjs",
    ...(hasTags && { tags: tags.split(",").filter((tag) => tag !== "") }),
    ...(iterations !== 0 && { warmUpIterations: iterations }),
  };
  const flag = hasTags ? "saved_model_tags" : "num_request_iterations_for_warmup";
  return [listKey("backends", [treeOf({ use: "onnx" }, placeOf(flag)), treeOf(tfjs, placeOf(flag))], flag)];
}

/** REST and gRPC, as far as each has an address. */
function protocolsOf(flags: FlagValues, tls: SourceMapping | undefined): Key {
  const rest = flags.number("rest_api_port");
  const port = flags.number("port");
  const socketPath = flags.text("grpc_socket_path");
  const grpc = {
    use: "grpc",
    port: port === 0 ? "none" : port,
    ...(socketPath !== "" && { socketPath: resolve(socketPath) }),
    ...channelArguments(flags.text("grpc_channel_arguments")).options,
    replies: flags.isOn("enable_serialization_as_tensor_content") ? "content" : "values",
  };
  const at = { rest: placeOf("rest_api_port"), grpc: placeOf("port") };
  const items = [
    ...(rest === 0 ? [] : [treeOf({ use: "rest", port: rest }, at.rest)]),
    ...(port === 0 && socketPath === "" ? [] : [extended(treeOf(grpc, at.grpc), tlsKey(tls))]),
  ];
  return ["protocols", { keyAt: at.grpc, node: { kind: "list", at: at.grpc, items } }];
}

function tlsKey(tls: SourceMapping | undefined): readonly Key[] {
  return tls === undefined ? [] : [["tls", { keyAt: tls.at, node: tls }]];
}

function serverOf(flags: FlagValues): SourceMapping {
  const poll = "file_system_poll_wait_seconds";
  const pollIntervalMs = Math.min(MAX_POLL_INTERVAL_MS, Math.max(0, flags.number(poll) * 1_000));
  const timeout = "rest_api_timeout_in_ms";
  return mappingOf(placeOf(poll), [
    key("host", HOST, poll),
    key("pollIntervalMs", pollIntervalMs, poll),
    key("limits", { inferenceTimeoutMs: flags.number(timeout) }, timeout),
  ]);
}

async function servedModels(flags: FlagValues, faults: FaultList): Promise<SourceMapping> {
  const file = flags.text("model_config_file");
  if (file !== "") {
    const config = await readTextFile(file, MODEL_SERVER_CONFIG, faults);
    return config === undefined ? mappingOf({ line: 1, column: 1, file }, []) : modelsOf(config, faults);
  }
  const at = placeOf("model_name");
  const pathAt = placeOf("model_base_path");
  const path = flags.text("model_base_path");
  if (!isAbsolute(path)) faults.add(pathAt, [], `expected the absolute path of a folder, got ${JSON.stringify(path)}`);
  const model = mappingOf(pathAt, [["path", { keyAt: pathAt, node: treeOf(path, pathAt) }]]);
  return mappingOf(at, [[flags.text("model_name"), { keyAt: at, node: model }]]);
}

async function batchingKeys(flags: FlagValues, faults: FaultList): Promise<readonly Key[]> {
  if (!flags.isOn("enable_batching")) return [];
  const file = flags.text("batching_parameters_file");
  const parameters = file === "" ? undefined : await readTextFile(file, BATCHING_PARAMETERS, faults);
  return batchingOf(parameters, placeOf("enable_batching"));
}

async function configuredMonitors(flags: FlagValues, faults: FaultList): Promise<readonly SourceNode[]> {
  const file = flags.text("monitoring_config_file");
  const config = file === "" ? undefined : await readTextFile(file, MONITORING_CONFIG, faults);
  return config === undefined ? [] : monitorsOf(config);
}

/** Each of the models with these keys besides. */
function withKeys(models: SourceMapping, keys: readonly Key[]): SourceMapping {
  const entries = [...models.entries].map(([name, { keyAt, node }]): Key => {
    return [name, { keyAt, node: extended(node, keys) }];
  });
  return mappingOf(models.at, entries);
}

function extended(node: SourceNode, keys: readonly Key[]): SourceMapping {
  const own = node.kind === "mapping" ? node.entries : new Map<string, SourceEntry>();
  return mappingOf(node.at, [...own, ...keys]);
}

function key(name: string, value: unknown, flag: FlagName): Key {
  const at = placeOf(flag);
  return [name, { keyAt: at, node: treeOf(value, at) }];
}

function listKey(name: string, items: readonly SourceNode[], flag: FlagName): Key {
  const at = placeOf(flag);
  return [name, { keyAt: at, node: { kind: "list", at, items } }];
}

/** A flag is named like a file, so that messages begin with it. */
function placeOf(flag: FlagName): Location {
  return { file: `--${flag}`, line: 1, column: 1 };
}
