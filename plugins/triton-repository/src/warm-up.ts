import { allocateData, type DType, elementCount, type Tensor, type WarmUpCall } from "@plinth/core";
import { fieldOf, type MessageValue, messageOf, messagesOf, numberOf, numbersOf, textOf } from "@plinth/text-format";
import { dtypeOf } from "./data-types.js";
import { type Faults, placeOf } from "./read-config.js";

/** Most runs that one configuration may ask for. */
const MAX_RUNS = 1_000;

/** Most elements of one input that is made up. */
const MAX_ELEMENTS = 1 << 24;

/**
 * The requests that a model is to be warmed up with, each as often as it says. Those with data of a file are left out: it lies in a folder
 * beside the versions, where storages keep none.
 */
export function warmUp(
  config: MessageValue,
  faults: Faults,
): { readonly calls: readonly WarmUpCall[]; readonly ignored: readonly string[] } {
  const calls: WarmUpCall[] = [];
  const ignored: string[] = [];
  for (const sample of messagesOf(config, "model_warmup")) {
    const file = dataFile(sample);
    if (file !== undefined) {
      ignored.push(`model_warmup with input_data_file (${placeOf(file.at)})`);
      continue;
    }
    const call = warmUpCall(sample, faults);
    const count = Math.max(1, numberOf(sample, "count") ?? 1);
    if (calls.length + count > MAX_RUNS) {
      faults.add(sample.at, `expected at most ${MAX_RUNS} runs for a warm-up, all counts together`);
      break;
    }
    if (call !== undefined) for (let run = 0; run < count; run++) calls.push(call);
  }
  return { calls, ignored };
}

function dataFile(sample: MessageValue): ReturnType<typeof fieldOf> {
  for (const entry of messagesOf(sample, "inputs")) {
    const value = messageOf(entry, "value");
    const file = value && fieldOf(value, "input_data_file");
    if (file !== undefined) return file;
  }
  return undefined;
}

function warmUpCall(sample: MessageValue, faults: Faults): WarmUpCall | undefined {
  const name = textOf(sample, "name") ?? "warm-up";
  const batchSize = numberOf(sample, "batch_size") ?? 0;
  const inputs = new Map<string, Tensor>();
  for (const entry of messagesOf(sample, "inputs")) {
    const value = messageOf(entry, "value");
    const tensor = value && warmUpTensor(value, batchSize, faults);
    if (tensor === undefined) return undefined;
    inputs.set(textOf(entry, "key") ?? "", tensor);
  }
  return { name, inputs };
}

function warmUpTensor(input: MessageValue, batchSize: number, faults: Faults): Tensor | undefined {
  const dtype = dtypeOf(textOf(input, "data_type") ?? "");
  const dims = numbersOf(input, "dims");
  const shape = batchSize > 0 ? [batchSize, ...dims] : dims;
  if (dtype === undefined || shape.some((dimension) => dimension < 0) || elementCount(shape) > MAX_ELEMENTS) {
    faults.add(input.at, `expected data_type, and dims of at most ${MAX_ELEMENTS} elements with none of any length`);
    return undefined;
  }
  const isRandom = fieldOf(input, "random_data")?.value === true;
  return isRandom ? randomTensor(dtype, shape) : zeroTensor(dtype, shape);
}

function zeroTensor(dtype: DType, shape: readonly number[]): Tensor {
  return { dtype, shape, data: allocateData(dtype, elementCount(shape)) } as Tensor;
}

/** Small numbers that every dtype has: 0 to 1 in floats of 32 and 64 bits, 0 and 1 in all others. */
function randomTensor(dtype: DType, shape: readonly number[]): Tensor {
  const tensor = zeroTensor(dtype, shape);
  const { data } = tensor;
  if (data instanceof Float32Array || data instanceof Float64Array) {
    for (let index = 0; index < data.length; index++) data[index] = Math.random();
  } else if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    for (let index = 0; index < data.length; index++) data[index] = BigInt(Math.round(Math.random()));
  } else if (!Array.isArray(data)) {
    const numbers = data as Uint8Array;
    for (let index = 0; index < numbers.length; index++) numbers[index] = Math.round(Math.random());
  }
  return tensor;
}
