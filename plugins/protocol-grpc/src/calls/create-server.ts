import {
  Server,
  type ServerDuplexStream,
  ServerInterceptingCall,
  type ServerInterceptor,
  type ServerOptions,
  type ServerWritableStream,
  type ServiceDefinition,
  type UntypedHandleCall,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { Answering, type CallSurroundings } from "./answering.js";
import type { Method, Service, UnaryMethod } from "./service.js";
import { answerDuplex, answerWithStream } from "./stream-call.js";
import { UnaryCall } from "./unary-call.js";

/**
 * A server of grpc-js for these services. Messages pass through it as bytes, so that what is wrong with them is told by whoever reads them.
 */
export function createServer(
  services: readonly Service[],
  surroundings: CallSurroundings,
  options: ServerOptions,
): Server {
  const unary = new Map<string, Answering<UnaryMethod>>();
  const answerUnary: ServerInterceptor = ({ path }, call) => {
    const answering = unary.get(path);
    return answering === undefined ? new ServerInterceptingCall(call) : new UnaryCall(call, answering);
  };
  const server = new Server({ ...options, interceptors: [answerUnary] });
  for (const { name, methods } of services) {
    const definition: Record<string, ServiceDefinition[string]> = {};
    const handlers: UntypedServiceImplementation = {};
    for (const [methodName, method] of methods) {
      const path = `/${name}/${methodName}`;
      definition[methodName] = definitionOf(path, method);
      if (method.kind === "unary") unary.set(path, new Answering(path.slice(1), method, surroundings));
      else handlers[methodName] = streamHandler(path.slice(1), method, surroundings);
    }
    server.addService(definition, handlers);
  }
  return server;
}

function streamHandler(
  name: string,
  method: Exclude<Method, UnaryMethod>,
  surroundings: CallSurroundings,
): UntypedHandleCall {
  if (method.kind === "duplex") {
    const answering = new Answering(name, method, surroundings);
    return (call: ServerDuplexStream<Buffer, Uint8Array>) => void answerDuplex(answering, call);
  }
  const answering = new Answering(name, method, surroundings);
  return (call: ServerWritableStream<Buffer, Uint8Array>) => void answerWithStream(answering, call);
}

function definitionOf(path: string, { kind }: Method): ServiceDefinition[string] {
  return {
    path,
    requestStream: kind === "duplex",
    responseStream: kind !== "unary",
    requestSerialize: asBuffer,
    requestDeserialize: asIs,
    responseSerialize: asBuffer,
    responseDeserialize: asIs,
  };
}

function asIs(bytes: Buffer): Buffer {
  return bytes;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
