import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { status } from "@grpc/grpc-js";
import {
  ServerReflectionRequest as Request,
  ServerReflectionResponse as Response,
} from "@plinth/protobuf-messages/grpc/reflection/v1/reflection";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GrpcUnderTest } from "../grpc-under-test.js";

let grpc: GrpcUnderTest;

beforeAll(async () => {
  grpc = await GrpcUnderTest.start();
});

afterAll(() => grpc[Symbol.asyncDispose]());

type Asked = NonNullable<Request["messageRequest"]>;

/** Asks all of these on one stream. */
function ask(service: string, ...asked: readonly Asked[]): Promise<readonly Response["messageResponse"][]> {
  const call = grpc.client.makeBidiStreamRequest(
    `/${service}/ServerReflectionInfo`,
    (request: Request) => Buffer.from(Request.encode(request).finish()),
    (bytes: Buffer) => Response.decode(bytes),
  );
  return new Promise((resolve, reject) => {
    const answers: Response["messageResponse"][] = [];
    call.on("data", ({ messageResponse }: Response) => answers.push(messageResponse));
    call.on("error", reject);
    call.on("end", () => resolve(answers));
    for (const messageRequest of asked) call.write({ host: "", messageRequest });
    call.end();
  });
}

const V1 = "grpc.reflection.v1.ServerReflection";

function namesIn(answer: Response["messageResponse"]): readonly string[] {
  if (answer?.$case !== "fileDescriptorResponse") throw new Error(`Expected files, got ${answer?.$case}`);
  return answer.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name);
}

describe.each([V1, "grpc.reflection.v1alpha.ServerReflection"])("%s", (service) => {
  it("lists what is served", async () => {
    const [answer] = await ask(service, { $case: "listServices", value: "*" });
    const names = answer?.$case === "listServicesResponse" ? answer.value.service.map(({ name }) => name) : [];
    expect(names).toEqual(
      expect.arrayContaining([
        "tensorflow.serving.PredictionService",
        "tensorflow.serving.ModelService",
        "grpc.health.v1.Health",
        service,
      ]),
    );
  });

  it.each([
    "tensorflow.serving.PredictionService",
    "tensorflow.serving.PredictionService.Predict",
    "tensorflow.serving.PredictRequest",
    "tensorflow.serving.PredictRequest.RequestOptions",
  ])("gives the file of %s with all that it needs", async (symbol) => {
    const [answer] = await ask(service, { $case: "fileContainingSymbol", value: symbol });
    const names = namesIn(answer);
    expect(names[0]).toBe("tensorflow_serving/prediction_service.proto");
    expect(names).toEqual(expect.arrayContaining(["tensorflow/tensor.proto", "google/protobuf/wrappers.proto"]));
  });

  it("answers several questions on one stream, each in turn", async () => {
    const answers = await ask(
      service,
      { $case: "fileByFilename", value: "grpc/health/v1/health.proto" },
      { $case: "fileContainingSymbol", value: "nobody.Nothing" },
      { $case: "allExtensionNumbersOfType", value: "tensorflow.TensorProto" },
      { $case: "fileContainingExtension", value: { containingType: "tensorflow.TensorProto", extensionNumber: 1 } },
    );
    expect(namesIn(answers[0])).toEqual(["grpc/health/v1/health.proto"]);
    expect(answers.slice(1)).toMatchObject([
      { $case: "errorResponse", value: { errorCode: status.NOT_FOUND } },
      { $case: "allExtensionNumbersResponse", value: { extensionNumber: [] } },
      { $case: "errorResponse", value: { errorCode: status.NOT_FOUND } },
    ]);
  });
});

it("is left out where the options say so", async () => {
  await using closed = await GrpcUnderTest.start({ options: { reflection: false } });
  const call = closed.client.makeBidiStreamRequest(
    `/${V1}/ServerReflectionInfo`,
    (bytes: Buffer) => bytes,
    (bytes: Buffer) => bytes,
  );
  const failure = await new Promise((resolve) => call.on("error", resolve));
  expect(failure).toMatchObject({ code: status.UNIMPLEMENTED });
});
