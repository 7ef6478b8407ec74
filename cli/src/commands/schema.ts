import { plugin as onnx } from "@plinth/backend-onnx";
import { configSchema, type KnownPlugin } from "@plinth/core";
import { plugin as management } from "@plinth/management";
import { plugin as grpc } from "@plinth/protocol-grpc";
import { plugin as rest } from "@plinth/protocol-rest";
import { plugin as disk } from "@plinth/storage-disk";
import { plugin as memory } from "@plinth/storage-memory";
import { exitOnError } from "../exit.js";

const BUNDLED: readonly KnownPlugin[] = [
  { kind: "storage", use: "disk", plugin: disk },
  { kind: "storage", use: "memory", plugin: memory },
  { kind: "backend", use: "onnx", plugin: onnx },
  { kind: "protocol", use: "rest", plugin: rest },
  { kind: "protocol", use: "grpc", plugin: grpc },
  { kind: "extension", use: "management", plugin: management },
];

export function schemaCommand(): Promise<void> {
  return exitOnError(async () => {
    process.stdout.write(`${JSON.stringify(await configSchema(BUNDLED), null, 2)}\n`);
  });
}
