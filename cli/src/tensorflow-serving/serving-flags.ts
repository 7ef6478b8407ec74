/** A flag of `tensorflow_model_server`, and what becomes of it here. */
export interface ServingFlag {
  readonly type: "boolean" | "integer" | "number" | "text";
  /** `undefined`: it depends on the machine. */
  readonly defaultValue: boolean | number | string | undefined;
  /**
   * - `used`: it has its meaning.
   * - `ignored`: it has none here, and leaving it out changes no answer; a warning names it.
   * - `refused`: leaving it out would make the server answer otherwise, or less safely, than whoever gives it relies on.
   */
  readonly treatment: "used" | "ignored" | "refused";
  /** What it means here, or why it means nothing; for people. */
  readonly note: string;
}

type Value = NonNullable<ServingFlag["defaultValue"]>;

const used = (value: Value, note: string) => flag("used", value, note);
const ignored = (value: Value, note: string) => flag("ignored", value, note);
const refused = (value: Value, note: string) => flag("refused", value, note);
/** Ignored, with a default that depends on the machine. */
const ignoredCount = (note: string): ServingFlag => {
  return { type: "integer", defaultValue: undefined, treatment: "ignored", note };
};

/** What ignored flags have in common. */
const THREADS = "threads are chosen by Plinth; `execution:` of a model's configuration says otherwise";
const NO_TENSORFLOW = "it sets up TensorFlow's runtime, which is not what runs the models here";
const NO_TFLITE = "this version loads no TFLite models";
const ALWAYS_RETRIED = "a load that failed is tried again with growing pauses, and at once when its files change";

/** All flags of `tensorflow_model_server`, in the order of its help. */
export const SERVING_FLAGS: Readonly<Record<string, ServingFlag>> = {
  port: used(8500, "the port of gRPC; 0: none"),
  grpc_socket_path: used("", "a unix socket on which gRPC is served as well"),
  rest_api_port: used(0, "the port of the REST API; 0: none"),
  rest_api_num_threads: ignoredCount(THREADS),
  rest_api_timeout_in_ms: used(
    30_000,
    "how long a request may take to its answer, in milliseconds; a run that has begun goes on for nobody",
  ),
  rest_api_enable_cors_support: refused(
    false,
    "this version sends no CORS headers, so browsers would refuse its answers",
  ),
  enable_batching: used(false, "`batching:` of every model"),
  allow_version_labels_for_unavailable_models: ignored(
    false,
    "the labels of a configuration are always taken, and answer once their version is in service",
  ),
  batching_parameters_file: used("", "`batching:` and `execution:` of every model; see below"),
  enable_per_model_batching_parameters: refused(
    false,
    "give the models different `batching:` in a config.yaml instead",
  ),
  model_config_file: used("", "`models:`; see below"),
  model_config_file_poll_wait_seconds: used(
    0,
    "how often the file is looked at for changes, in seconds; 0: only on SIGHUP and `plinth reload`",
  ),
  model_name: used("default", "the name of the one model of `--model_base_path`"),
  model_base_path: used("", "`path:` of the one model"),
  num_load_threads: ignored(0, "loads never hold up requests, and two are under way at once"),
  num_unload_threads: ignored(0, "unloads never hold up requests"),
  max_num_load_retries: ignored(5, ALWAYS_RETRIED),
  load_retry_interval_micros: ignored(60_000_000, ALWAYS_RETRIED),
  file_system_poll_wait_seconds: used(
    1,
    "`server.pollIntervalMs`; 0 and less: the folders are looked at at the start and at reloads",
  ),
  flush_filesystem_caches: ignored(true, "the page cache is the operating system's to manage"),
  tensorflow_session_parallelism: ignored(0, NO_TENSORFLOW),
  tensorflow_session_config_file: ignored("", NO_TENSORFLOW),
  tensorflow_intra_op_parallelism: ignored(0, NO_TENSORFLOW),
  tensorflow_inter_op_parallelism: ignored(0, NO_TENSORFLOW),
  use_alts_credentials: refused(false, "there is TLS, by `--ssl_config_file`"),
  ssl_config_file: used("", "TLS for gRPC; see below"),
  platform_config_file: refused("", "a model's backend is chosen by its files, or by `backend:` in a config.yaml"),
  per_process_gpu_memory_fraction: { ...ignored(0, NO_TENSORFLOW), type: "number" },
  saved_model_tags: used("serve", "the tags of the graph to take of each SavedModel, with commas between"),
  grpc_channel_arguments: used("", "`keepAlive:` and `maxConcurrentStreams:` of gRPC; see below"),
  grpc_max_threads: ignoredCount(THREADS),
  enable_model_warmup: ignored(
    true,
    "models are always warmed up before they are in service, by the requests recorded with them and a run of zeros",
  ),
  num_request_iterations_for_warmup: used(0, "how often each recorded request is run to warm up; 0: once"),
  version: used(false, "prints the version of Plinth"),
  monitoring_config_file: used("", "`monitors:`, metrics for Prometheus under TensorFlow Serving's names"),
  remove_unused_fields_from_bundle_metagraph: ignored(true, NO_TENSORFLOW),
  prefer_tflite_model: refused(false, NO_TFLITE),
  num_tflite_pools: ignoredCount(NO_TFLITE),
  num_tflite_interpreters_per_pool: ignored(1, NO_TFLITE),
  enable_signature_method_name_check: refused(false, "signatures are never told apart by the name of their method"),
  xla_cpu_compilation_enabled: ignored(false, NO_TENSORFLOW),
  xla_gpu_compilation_enabled: ignored(false, NO_TENSORFLOW),
  enable_profiler: ignored(true, "Node has a profiler of its own: `node --cpu-prof`"),
  thread_pool_factory_config_file: ignored("", NO_TENSORFLOW),
  mixed_precision: refused("", "models run in the precision that they are stored in"),
  skip_initialize_tpu: ignored(false, NO_TENSORFLOW),
  enable_grpc_healthcheck_service: used(false, "gRPC's health checks are answered in any case, also for each model"),
  enable_serialization_as_tensor_content: used(false, "`replies: content` of gRPC"),
};

/** Plinth's own beside them, by a name that nobody takes for TensorFlow Serving's. */
export const OWN_FLAGS: Readonly<Record<string, ServingFlag>> = {
  plinth_state_dir: used("", "where labels and history are kept; default: a temporary folder, forgotten at the end"),
};

/** Those that are asked for by name. */
export type FlagName =
  | "port"
  | "grpc_socket_path"
  | "grpc_channel_arguments"
  | "ssl_config_file"
  | "enable_serialization_as_tensor_content"
  | "rest_api_port"
  | "rest_api_timeout_in_ms"
  | "enable_batching"
  | "batching_parameters_file"
  | "model_config_file"
  | "model_config_file_poll_wait_seconds"
  | "model_name"
  | "monitoring_config_file"
  | "model_base_path"
  | "file_system_poll_wait_seconds"
  | "saved_model_tags"
  | "num_request_iterations_for_warmup"
  | "version"
  | "plinth_state_dir";

function flag(treatment: ServingFlag["treatment"], defaultValue: Value, note: string): ServingFlag {
  const type = typeof defaultValue === "string" ? "text" : typeof defaultValue === "boolean" ? "boolean" : "integer";
  return { type, defaultValue, treatment, note };
}
