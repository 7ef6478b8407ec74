import {
  type InferCall,
  type NamedTensors,
  PlinthError,
  type ServableHandle,
  type Signature,
  type StreamCall,
  type Tensor,
} from "@plinth/core";
import { checkInputs } from "./check-inputs.js";
import { chooseSignature } from "./choose-signature.js";
import { classify } from "./classification.js";
import type { InferenceRequest, NamedTensor, RequestedOutput } from "./inference-request.js";
import { boolean, type Parameters, type RequestSettings, readRequestParameters, unsigned } from "./parameters.js";

/** The answer to a request for inference, to be written in whatever form. */
export interface InferenceAnswer {
  readonly model: string;
  readonly version: string;
  readonly id: string | undefined;
  readonly outputs: readonly AnsweredOutput[];
}

export interface AnsweredOutput extends NamedTensor {
  /** Whether the client wants it in its raw form, over transports that have another one. */
  readonly isBinary: boolean;
}

/** What of a call the transport knows, and not the request. */
export interface Arrival extends Pick<InferCall, "priority" | "signal" | "origin"> {
  /** On the clock of `performance.now()`, in milliseconds. */
  readonly arrivedAtMs: number;
  /** On the same clock; the request's own `timeout` may only shorten it. */
  readonly deadlineMs: number;
}

/**
 * Checks a request against the version that answers, and runs it.
 *
 * @throws PlinthError as the checks and `ServableHandle.infer` say it
 */
export async function infer(
  handle: ServableHandle,
  request: InferenceRequest,
  arrival: Arrival,
): Promise<InferenceAnswer> {
  const { call, answer } = prepared(handle, request, arrival);
  return answer((await handle.infer(call)).outputs);
}

/** Answers to one request, one after the other. */
export interface AnswerStream {
  /** Whether there may be any number of them; else there is one. */
  readonly isDecoupled: boolean;
  /** Whether the client wants to be told of the end by a message of its own. */
  readonly wantsEmptyFinal: boolean;
  /** An answer without outputs, for that message. */
  readonly empty: InferenceAnswer;
  readonly answers: AsyncGenerator<InferenceAnswer, void, undefined>;
}

/**
 * Checks a request against the version that answers, which begins when the first answer is asked for.
 *
 * @param untilMs as `StreamCall.untilMs`
 * @throws PlinthError as the checks say it; the answers, as `ServableHandle.stream`
 */
export function inferStream(
  handle: ServableHandle,
  request: InferenceRequest,
  arrival: Arrival & Pick<StreamCall, "untilMs">,
): AnswerStream {
  const { call, signature, settings, answer } = prepared(handle, request, arrival);
  return {
    isDecoupled: signature.streams !== undefined,
    wantsEmptyFinal: settings.wantsEmptyFinal,
    empty: answer(new Map()),
    answers: answersOf(handle, { ...call, untilMs: arrival.untilMs }, answer),
  };
}

/**
 * The one answer of a request, also where the signature answers with streams alone and this one has just one answer.
 *
 * @throws PlinthError as {@link inferStream}; `STREAM_ONLY` for more answers. Where there is none, it has no outputs.
 */
export async function inferOnce(
  handle: ServableHandle,
  request: InferenceRequest,
  arrival: Arrival & Pick<StreamCall, "untilMs">,
): Promise<InferenceAnswer> {
  const { signature } = chooseSignature(handle, readRequestParameters(request.parameters).signature);
  if (signature.streams !== "only") return infer(handle, request, arrival);
  const { answers, empty } = inferStream(handle, request, arrival);
  const first = await answers.next();
  if (first.done) return empty;
  if (!(await answers.next()).done) await answers.throw(moreThanOne(handle.model));
  return first.value;
}

async function* answersOf(
  handle: ServableHandle,
  call: StreamCall,
  answer: (outputs: NamedTensors) => InferenceAnswer,
): AsyncGenerator<InferenceAnswer, void, undefined> {
  for await (const { outputs } of handle.stream(call)) yield answer(outputs);
}

interface PreparedRequest {
  readonly call: InferCall;
  readonly signature: Signature;
  readonly settings: RequestSettings;
  /** What the protocol answers for these outputs. */
  answer(outputs: NamedTensors): InferenceAnswer;
}

function prepared(
  handle: ServableHandle,
  { id, parameters, inputs, outputs }: InferenceRequest,
  { arrivedAtMs, deadlineMs, priority, signal, origin }: Arrival,
): PreparedRequest {
  const settings = readRequestParameters(parameters);
  const { name, signature } = chooseSignature(handle, settings.signature);
  checkInputs(handle.model, signature, inputs);
  const forms = outputForms(handle.model, signature, outputs, settings.isBinaryOutput);
  const labels = (output: string) => handle.facts?.description?.outputs?.get(output)?.labels;
  const call = {
    signature: name,
    inputs: new Map(inputs.map((input) => [input.name, input.tensor])),
    outputs: outputs.length === 0 ? undefined : outputs.map((output) => output.name),
    deadlineMs: Math.min(deadlineMs, arrivedAtMs + (settings.timeoutMs ?? Number.POSITIVE_INFINITY)),
    priority: settings.priority ?? priority,
    signal,
    origin: origin && withId(origin, id),
  };
  const answer = (answered: NamedTensors) => ({
    model: handle.model,
    version: String(handle.version),
    id,
    outputs: [...answered].map(([output, tensor]) => answeredAs(output, tensor, forms(output), labels)),
  });
  return { call, signature, settings, answer };
}

function moreThanOne(model: string): PlinthError {
  return new PlinthError(
    "STREAM_ONLY",
    `generate expects model '${model.slice(0, 256)}' to produce exactly 1 response, got more: use generate_stream for models that produce a ` +
      "varying number of responses",
  );
}

interface OutputForm {
  readonly isBinary: boolean;
  /** How many classes; 0: the tensor itself. */
  readonly classes: number;
}

/** How each output is wanted. @throws PlinthError `OUTPUT_UNKNOWN`, `REQUEST_INVALID` */
function outputForms(
  model: string,
  { outputs: known }: Signature,
  requested: readonly RequestedOutput[],
  isBinaryOutput: boolean,
): (name: string) => OutputForm {
  const forms = new Map<string, OutputForm>();
  for (const { name, parameters } of requested) {
    if (!known.has(name)) {
      throw new PlinthError(
        "OUTPUT_UNKNOWN",
        `unexpected inference output '${name.slice(0, 256)}' for model '${model}'. Its outputs are ${[...known.keys()].join(", ")}`,
      );
    }
    if (forms.has(name)) throw new PlinthError("REQUEST_INVALID", `output '${name}' already exists in request`);
    forms.set(name, formOf(parameters, isBinaryOutput));
  }
  const rest: OutputForm = { isBinary: isBinaryOutput, classes: 0 };
  return (name) => forms.get(name) ?? rest;
}

function formOf(parameters: Parameters, isBinaryOutput: boolean): OutputForm {
  refuseSharedMemory(parameters);
  return {
    isBinary: boolean(parameters, "binary_data") ?? isBinaryOutput,
    classes: unsigned(parameters, "classification") ?? 0,
  };
}

function answeredAs(
  name: string,
  tensor: Tensor,
  { isBinary, classes }: OutputForm,
  labels: (name: string) => readonly string[] | undefined,
): AnsweredOutput {
  return { name, tensor: classes === 0 ? tensor : classify(tensor, classes, name, labels(name)), isBinary };
}

/** @throws PlinthError `NOT_IMPLEMENTED` where an input or output is to lie in memory of the client's */
export function refuseSharedMemory(parameters: Parameters): void {
  if (!parameters.has("shared_memory_region")) return;
  throw new PlinthError(
    "NOT_IMPLEMENTED",
    "Shared memory is not offered: send the tensor with the request, over HTTP as binary_data_size, over gRPC in raw_input_contents",
  );
}

/** What the transport heard of the request counts before what the request says itself. */
function withId(origin: NonNullable<InferCall["origin"]>, id: string | undefined): InferCall["origin"] {
  if (id === undefined || origin.requestId !== undefined || !TELLABLE_ID.test(id)) return origin;
  return { ...origin, requestId: id };
}

/** An id that may be written to logs and sent to other servers. */
const TELLABLE_ID = /^[\x21-\x7e]{1,128}$/;
