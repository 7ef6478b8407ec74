import type { MessageType } from "@plinth/text-format";

// The messages of TensorFlow Serving's files, as far as they are read:
// tensorflow_serving/config/{model_server_config,monitoring_config,ssl_config}.proto and
// servables/tensorflow/session_bundle_config.proto.

const VERSION_POLICY: MessageType = {
  name: "ServableVersionPolicy",
  fields: {
    latest: { name: "Latest", fields: { num_versions: "uint32" } },
    all: { name: "All", fields: {} },
    specific: { name: "Specific", fields: { versions: { repeated: "int64" } } },
  },
  oneofs: [["latest", "all", "specific"]],
};

const LOGGING_CONFIG: MessageType = {
  name: "LoggingConfig",
  fields: {
    log_collector_config: { name: "LogCollectorConfig", fields: { type: "string", filename_prefix: "string" } },
    sampling_config: { name: "SamplingConfig", fields: { sampling_rate: "double" } },
  },
};

const MODEL_CONFIG: MessageType = {
  name: "ModelConfig",
  fields: {
    name: "string",
    base_path: "string",
    model_type: { enum: { MODEL_TYPE_UNSPECIFIED: 0, TENSORFLOW: 1, OTHER: 2 } },
    model_platform: "string",
    model_version_policy: VERSION_POLICY,
    version_labels: { repeated: { name: "VersionLabelsEntry", fields: { key: "string", value: "int64" } } },
    logging_config: LOGGING_CONFIG,
  },
};

/** A `google.protobuf.Any`; what is in it does not matter, since none is taken. */
const ANY: MessageType = { name: "Any", fields: { type_url: "string", value: "bytes" } };

export const MODEL_SERVER_CONFIG: MessageType = {
  name: "ModelServerConfig",
  fields: {
    model_config_list: { name: "ModelConfigList", fields: { config: { repeated: MODEL_CONFIG } } },
    custom_model_config: ANY,
  },
  oneofs: [["model_config_list", "custom_model_config"]],
};

export const MONITORING_CONFIG: MessageType = {
  name: "MonitoringConfig",
  fields: { prometheus_config: { name: "PrometheusConfig", fields: { enable: "bool", path: "string" } } },
};

/** PEM texts, not the names of files. */
export const SSL_CONFIG: MessageType = {
  name: "SSLConfig",
  fields: { server_key: "string", server_cert: "string", custom_ca: "string", client_verify: "bool" },
};

const INT64_VALUE: MessageType = { name: "Int64Value", fields: { value: "int64" } };

export const BATCHING_PARAMETERS: MessageType = {
  name: "BatchingParameters",
  fields: {
    max_batch_size: INT64_VALUE,
    batch_timeout_micros: INT64_VALUE,
    max_enqueued_batches: INT64_VALUE,
    num_batch_threads: INT64_VALUE,
    thread_pool_name: { name: "StringValue", fields: { value: "string" } },
    allowed_batch_sizes: { repeated: "int64" },
    pad_variable_length_inputs: "bool",
    enable_large_batch_splitting: { name: "BoolValue", fields: { value: "bool" } },
    max_execution_batch_size: INT64_VALUE,
  },
};
