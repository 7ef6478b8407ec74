import { type AnsweredOutput, datatypeOf, type InferenceAnswer, rawBytes } from "@plinth/open-inference";
import { ModelInferResponse, ModelStreamInferResponse } from "@plinth/protobuf-messages/inference/grpc_service";
import { lengthDelimitedBytes, WireWriter } from "../wire/wire-writer.js";

const RAW_OUTPUT_CONTENTS = 6;
const INFER_RESPONSE = 2;

/** A `ModelInferResponse`. Elements are in `raw_output_contents`, as Triton has them, whatever the request had its in. */
export function encodeInfer(answer: InferenceAnswer): Buffer {
  const { size, write } = measured(answer, NO_PARAMETERS);
  const writer = new WireWriter(size);
  write(writer);
  return writer.bytes;
}

/** The same as the next message of a stream, marked by whether it is the last that this request gets. */
export function encodeStreamed(answer: InferenceAnswer, isFinal: boolean): Buffer {
  const { size, write } = measured(answer, isFinal ? FINAL : NOT_FINAL);
  const writer = new WireWriter(lengthDelimitedBytes(size));
  writer.lengthDelimited(INFER_RESPONSE, size);
  write(writer);
  return writer.bytes;
}

/** An error as the next message of a stream, which goes on: the last that this request gets. */
export function encodeStreamError(errorMessage: string, id: string): Uint8Array {
  const inferResponse = ModelInferResponse.fromPartial({ id, parameters: FINAL });
  return ModelStreamInferResponse.encode({ errorMessage, inferResponse }).finish();
}

interface Measured {
  readonly size: number;
  write(writer: WireWriter): void;
}

function measured({ model, version, id = "", outputs }: InferenceAnswer, parameters: ResponseParameters): Measured {
  const head = ModelInferResponse.encode(
    ModelInferResponse.fromPartial({
      modelName: model,
      modelVersion: version,
      id,
      parameters,
      outputs: outputs.map(tensorOf),
    }),
  ).finish();
  const raw = outputs.map(({ tensor }) => rawBytes(tensor));
  const size = raw.reduce((sum, { byteLength }) => sum + lengthDelimitedBytes(byteLength), head.length);
  const write = (writer: WireWriter): void => {
    writer.raw(head);
    for (const bytes of raw) {
      writer.lengthDelimited(RAW_OUTPUT_CONTENTS, bytes.byteLength);
      writer.raw(bytes);
    }
  };
  return { size, write };
}

function tensorOf({ name, tensor }: AnsweredOutput) {
  return { name, datatype: datatypeOf(tensor.dtype), shape: tensor.shape.map(BigInt) };
}

type ResponseParameters = ModelInferResponse["parameters"];

const NO_PARAMETERS: ResponseParameters = new Map();
const FINAL: ResponseParameters = finalResponse(true);
const NOT_FINAL: ResponseParameters = finalResponse(false);

function finalResponse(value: boolean): ResponseParameters {
  return new Map([["triton_final_response", { parameterChoice: { $case: "boolParam", value } }]]);
}
