import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { DEFAULT_SIGNATURE, type LoadedModel, type NamedTensors, PlinthError } from "@plinth/core";
import { PredictionLog } from "@plinth/protobuf-messages/tensorflow_serving/prediction_log";
import type { InferenceTask, Input, ModelSpec } from "@plinth/protobuf-messages/tensorflow_serving/prediction_service";
import { examplesTensor } from "./examples-tensor.js";
import { tensorFromProto } from "./tensor-from-proto.js";
import { RecordFileError, readRecords } from "./tf-record.js";

/** Where TensorFlow Serving keeps requests that a model is to answer before it answers clients. */
const PATH = "assets.extra/tf_serving_warmup_requests";

/** As many as TensorFlow Serving takes. */
const MAX_RECORDS = 1000;

/** One request of a record. */
interface WarmUpRun {
  readonly signature: string;
  readonly inputs: NamedTensors;
  readonly outputs: readonly string[] | undefined;
}

export interface WarmUpRecordsOptions {
  /** The model's folder. */
  readonly directory: string;
  /** How often each request is run. */
  readonly iterations: number;
  readonly signal: AbortSignal;
}

/**
 * Runs what a model's file of warm-up requests holds; nothing where there is no such file.
 *
 * @throws PlinthError `MODEL_FILE_INVALID` for what is no such file, `MODEL_UNSUPPORTED` for records that are no inference, and whatever a
 * run throws; the message names the record
 */
export async function runWarmUpRecords(
  model: LoadedModel,
  { directory, iterations, signal }: WarmUpRecordsOptions,
): Promise<void> {
  const file = await readIfThere(join(directory, PATH), signal);
  if (file === undefined) return;
  let count = 0;
  for (const record of recordsOf(file)) {
    if (++count > MAX_RECORDS) {
      throw invalid(`Number of warmup records exceeds the maximum of ${MAX_RECORDS}`);
    }
    for (const run of runsOf(parsed(record, count), count, model)) {
      for (let done = 0; done < iterations; done++) {
        signal.throwIfAborted();
        await runOnce(model, run, count, signal);
      }
    }
  }
}

async function readIfThere(path: string, signal: AbortSignal): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path, { signal });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}

function* recordsOf(file: Uint8Array): Generator<Uint8Array> {
  try {
    yield* readRecords(file);
  } catch (thrown) {
    if (!(thrown instanceof RecordFileError)) throw thrown;
    throw invalid(`${thrown.message}. Please verify your warmup data is in TFRecord format`);
  }
}

function parsed(record: Uint8Array, number: number): PredictionLog {
  try {
    return PredictionLog.decode(record);
  } catch (cause) {
    throw invalid(`Failed to parse warmup record ${number} as a PredictionLog`, cause);
  }
}

function runsOf({ logType }: PredictionLog, number: number, model: LoadedModel): readonly WarmUpRun[] {
  switch (logType?.$case) {
    case "predictLog": {
      const { modelSpec, inputs, outputFilter } = logType.value.request ?? {};
      const tensors = [...(inputs ?? [])].map(([name, proto]) => [name, tensorFromProto(name, proto)] as const);
      return [
        {
          signature: nameOf(modelSpec),
          inputs: new Map(tensors),
          outputs: outputFilter?.length ? outputFilter : undefined,
        },
      ];
    }
    case "classifyLog":
    case "regressLog": {
      const { modelSpec, input } = logType.value.request ?? {};
      return [exampleRun(model, nameOf(modelSpec), input)];
    }
    case "multiInferenceLog": {
      const { tasks = [], input } = logType.value.request ?? {};
      return tasks.map(({ modelSpec }: InferenceTask) => exampleRun(model, nameOf(modelSpec), input));
    }
    default:
      throw new PlinthError(
        "MODEL_UNSUPPORTED",
        `Unsupported log type in warmup record ${number}: expected predict, classify, regress or multi-inference, got ` +
          `${logType?.$case ?? "none"}`,
      );
  }
}

/** Examples go into the one input that a signature for them has. */
function exampleRun(model: LoadedModel, signature: string, input: Input | undefined): WarmUpRun {
  const names = [...(model.signatures.get(signature)?.inputs.keys() ?? [])];
  const name = names.length === 1 ? (names[0] as string) : "inputs";
  return { signature, inputs: new Map([[name, examplesTensor(input)]]), outputs: undefined };
}

function nameOf(spec: ModelSpec | undefined): string {
  return spec?.signatureName || DEFAULT_SIGNATURE;
}

async function runOnce(model: LoadedModel, run: WarmUpRun, number: number, signal: AbortSignal): Promise<void> {
  const signature = model.signatures.get(run.signature);
  if (signature === undefined)
    throw invalid(`Warmup record ${number} asks for the signature ${JSON.stringify(run.signature)}`);
  const inputs = new Map(run.inputs);
  for (const [name, { dtype, default: fallback }] of signature.inputs) {
    if (fallback !== undefined && !inputs.has(name)) inputs.set(name, fallback);
    if (inputs.get(name)?.dtype === dtype) continue;
    throw invalid(
      `Warmup record ${number} needs the input ${JSON.stringify(name)} of ${dtype}, got ${inputs.get(name)?.dtype ?? "none"}`,
    );
  }
  try {
    const outputs = run.outputs ?? [...signature.outputs.keys()];
    await model.run({ signature: run.signature, inputs, outputs, signal });
  } catch (thrown) {
    const error = PlinthError.from(thrown, "MODEL_RUN_FAILED");
    throw new PlinthError(
      { code: error.code, reason: error.reason },
      `Warmup record ${number} failed: ${error.message}`,
      {
        details: error.details,
        cause: error,
      },
    );
  }
}

function invalid(message: string, cause?: unknown): PlinthError {
  return new PlinthError("MODEL_FILE_INVALID", `${PATH}: ${message}`, { cause });
}
