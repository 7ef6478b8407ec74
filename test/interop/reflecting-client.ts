import {
  Client,
  credentials,
  type GrpcObject,
  loadPackageDefinition,
  type ServiceClientConstructor,
  type ServiceError,
} from "@grpc/grpc-js";
import { loadFileDescriptorSetFromBuffer } from "@grpc/proto-loader";
import {
  ServerReflectionRequest,
  ServerReflectionResponse,
} from "@plinth/protobuf-messages/grpc/reflection/v1/reflection";

type Answer = Readonly<Record<string, unknown>>;

/** grpc-js, and of the server's messages only what its reflection tells. */
export class ReflectingClient implements Disposable {
  readonly #client: Client;

  private constructor(client: Client) {
    this.#client = client;
  }

  /** @param service its full name */
  static async connect(address: string, service: string): Promise<ReflectingClient> {
    const files = loadFileDescriptorSetFromBuffer(await fileDescriptorSet(address, service), {
      keepCase: true,
      longs: String,
      enums: String,
      defaults: true,
    });
    let found: unknown = loadPackageDefinition(files);
    for (const name of service.split(".")) found = (found as GrpcObject)[name];
    const Service = found as ServiceClientConstructor;
    return new ReflectingClient(new Service(address, credentials.createInsecure()));
  }

  call(method: string, request: object): Promise<Answer> {
    const methods = this.#client as unknown as Readonly<
      Record<string, (request: object, answered: (error: ServiceError | null, answer: Answer) => void) => void>
    >;
    return new Promise((resolve, reject) => {
      methods[method]?.call(this.#client, request, (error, answer) => (error ? reject(error) : resolve(answer)));
    });
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

/** Tag of the only field of a `FileDescriptorSet`. */
const FILE_TAG = 0x0a;

/** The files of a service and all that they need. */
async function fileDescriptorSet(address: string, service: string): Promise<Buffer> {
  const client = new Client(address, credentials.createInsecure());
  const call = client.makeBidiStreamRequest(
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    (request: ServerReflectionRequest) => Buffer.from(ServerReflectionRequest.encode(request).finish()),
    (bytes: Buffer) => ServerReflectionResponse.decode(bytes),
  );
  call.write({ host: "", messageRequest: { $case: "fileContainingSymbol", value: service } });
  call.end();
  const files: Buffer[] = [];
  for await (const { messageResponse } of call as AsyncIterable<ServerReflectionResponse>) {
    if (messageResponse?.$case !== "fileDescriptorResponse") throw new Error(`Expected files of ${service}`);
    for (const file of messageResponse.value.fileDescriptorProto) {
      files.push(Buffer.from([FILE_TAG]), varint(file.length), Buffer.from(file));
    }
  }
  client.close();
  return Buffer.concat(files);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}
