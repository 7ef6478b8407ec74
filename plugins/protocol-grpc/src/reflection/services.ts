import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { status } from "@grpc/grpc-js";
import {
  type ServerReflectionRequest as Request,
  type ServerReflectionResponse as Response,
  ServerReflectionDefinition,
} from "@plinth/protobuf-messages/grpc/reflection/v1/reflection";
import { type DuplexMethod, decodeMessage, type Service } from "../calls/service.js";
import { DescriptorIndex } from "./descriptor-index.js";

/** Clients ask for the one or the other; the messages are the same. */
const NAMES = ["grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"];

/** What a request may ask for, and the answer to it. */
type Asked = NonNullable<Request["messageRequest"]>;
type Answer = NonNullable<Response["messageResponse"]>;

/**
 * Server reflection: tells clients as grpcurl which services there are, and what their messages look like.
 * https://github.com/grpc/grpc/blob/master/doc/server-reflection.md
 */
export function reflectionServices(served: readonly Service[]): readonly Service[] {
  const { serverReflectionInfo } = ServerReflectionDefinition.methods;
  const names = [...served.map(({ name }) => name), ...NAMES];
  let index: DescriptorIndex | undefined;
  const method: DuplexMethod = {
    kind: "duplex",
    async *answer(requests) {
      index ??= new DescriptorIndex(readFileSync(DESCRIPTORS));
      for await (const bytes of requests) {
        const request = decodeMessage(serverReflectionInfo.requestType, bytes);
        const messageResponse = answerTo(request.messageRequest, index, names);
        const response = { validHost: request.host, originalRequest: request, messageResponse };
        yield serverReflectionInfo.responseType.encode(response).finish();
      }
    },
  };
  return NAMES.map((name) => ({ name, methods: new Map([[serverReflectionInfo.name, method]]) }));
}

const DESCRIPTORS = createRequire(import.meta.url).resolve("@plinth/protobuf-messages/descriptors.binpb");

function answerTo(asked: Asked | undefined, index: DescriptorIndex, services: readonly string[]): Answer {
  switch (asked?.$case) {
    case "listServices":
      return { $case: "listServicesResponse", value: { service: services.map((name) => ({ name })) } };
    case "fileByFilename":
      return filesOf(index.fileNamed(asked.value), asked.value);
    case "fileContainingSymbol":
      return filesOf(index.fileDefining(asked.value), asked.value);
    case "allExtensionNumbersOfType":
      if (!index.defines(asked.value)) return notFound(asked.value);
      return {
        $case: "allExtensionNumbersResponse",
        value: { baseTypeName: asked.value, extensionNumber: [] },
      };
    case "fileContainingExtension":
      return notFound(`extension ${asked.value.extensionNumber} of ${asked.value.containingType}`);
    case undefined:
      return failure(
        status.INVALID_ARGUMENT,
        "Expected a request for services, a file, a symbol or extensions, got none",
      );
  }
}

function filesOf(files: readonly Buffer[] | undefined, what: string): Answer {
  if (files === undefined) return notFound(what);
  return { $case: "fileDescriptorResponse", value: { fileDescriptorProto: [...files] } };
}

function notFound(what: string): Answer {
  return failure(status.NOT_FOUND, `This server does not know ${what.slice(0, 256)}`);
}

function failure(errorCode: number, errorMessage: string): Answer {
  return { $case: "errorResponse", value: { errorCode, errorMessage } };
}
