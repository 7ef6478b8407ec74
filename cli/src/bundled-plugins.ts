import { plugin as onnx } from "@plinth/backend-onnx";
import { plugin as consolePages } from "@plinth/console";
import type { KnownPlugin } from "@plinth/core";
import { plugin as management } from "@plinth/management";
import { plugin as journal } from "@plinth/monitor-journal";
import { plugin as opentelemetry } from "@plinth/monitor-opentelemetry";
import { plugin as prometheus } from "@plinth/monitor-prometheus";
import { plugin as grpc } from "@plinth/protocol-grpc";
import { plugin as rest } from "@plinth/protocol-rest";
import { plugin as disk } from "@plinth/storage-disk";
import { plugin as memory } from "@plinth/storage-memory";
import { plugin as s3 } from "@plinth/storage-s3";
import { plugin as triton } from "@plinth/triton-repository";

/** The plugins that come with `plinth`. */
export const BUNDLED_PLUGINS: readonly KnownPlugin[] = [
  { kind: "storage", use: "disk", plugin: disk },
  { kind: "storage", use: "memory", plugin: memory },
  { kind: "storage", use: "s3", plugin: s3 },
  { kind: "backend", use: "onnx", plugin: onnx },
  { kind: "protocol", use: "rest", plugin: rest },
  { kind: "protocol", use: "grpc", plugin: grpc },
  { kind: "monitor", use: "prometheus", plugin: prometheus },
  { kind: "monitor", use: "journal", plugin: journal },
  { kind: "monitor", use: "opentelemetry", plugin: opentelemetry },
  { kind: "extension", use: "management", plugin: management },
  { kind: "extension", use: "console", plugin: consolePages },
  { kind: "extension", use: "triton-repository", plugin: triton },
];
