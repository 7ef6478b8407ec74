import { PlinthError } from "@plinth/core";
import type { InferenceTask } from "@plinth/tf-example";
import { LENGTH_DELIMITED, tag } from "../wire/wire-format.js";
import { WireReader } from "../wire/wire-reader.js";
import { checkModelSpec, type ModelSpec, readModelSpec } from "./model-spec.js";

/** Fields of `ClassificationRequest` and `RegressionRequest`. */
const MODEL_SPEC = tag(1, LENGTH_DELIMITED);
/** Fields of `MultiInferenceRequest`. */
const TASKS = tag(1, LENGTH_DELIMITED);
/** Of all three. */
const INPUT = tag(2, LENGTH_DELIMITED);
/** A field of `InferenceTask`, beside its model spec. */
const METHOD_NAME = tag(2, LENGTH_DELIMITED);

/** Far more than any model has signatures. */
const MAX_TASKS = 1_000;

/** What a `ClassificationRequest` or `RegressionRequest` asks. */
export interface ExampleRequest extends ModelSpec {
  /** The message `Input`, which is not looked at; `undefined` where there is none. */
  readonly input: Buffer | undefined;
}

/** What a `MultiInferenceRequest` asks: of one version of one model, for its tasks may not differ in that. */
export interface MultiInferenceRequest extends Omit<ExampleRequest, "signature"> {
  readonly tasks: readonly InferenceTask[];
}

/** @throws PlinthError `REQUEST_INVALID` */
export function readExampleRequest(message: Buffer): ExampleRequest {
  let spec: ModelSpec | undefined;
  let input: Buffer | undefined;
  const reader = new WireReader(message);
  while (reader.next()) {
    if (reader.tag === MODEL_SPEC) spec = readModelSpec(reader.message(), spec);
    else if (reader.tag === INPUT) input = reader.bytes();
    else reader.skip();
  }
  return { ...checkModelSpec(spec), input };
}

/** @throws PlinthError `REQUEST_INVALID`, also for tasks of several models or versions */
export function readMultiInferenceRequest(message: Buffer): MultiInferenceRequest {
  const specs: ModelSpec[] = [];
  const tasks: InferenceTask[] = [];
  let input: Buffer | undefined;
  const reader = new WireReader(message);
  while (reader.next()) {
    if (reader.tag === TASKS) {
      if (tasks.length === MAX_TASKS)
        throw invalid(`Expected at most ${MAX_TASKS} tasks: send them in several requests`);
      const { spec, method } = readTask(reader.message());
      specs.push(spec);
      tasks.push({ signature: spec.signature, method: method || undefined });
    } else if (reader.tag === INPUT) input = reader.bytes();
    else reader.skip();
  }
  return { ...sharedTarget(specs), tasks, input };
}

function readTask(reader: WireReader): { readonly spec: ModelSpec; readonly method: string } {
  let spec: ModelSpec | undefined;
  let method = "";
  while (reader.next()) {
    if (reader.tag === MODEL_SPEC) spec = readModelSpec(reader.message(), spec);
    else if (reader.tag === METHOD_NAME) method = reader.string();
    else reader.skip();
  }
  return { spec: checkModelSpec(spec), method };
}

/** The version that all tasks are of: those that name none go along with those that do. */
function sharedTarget(specs: readonly ModelSpec[]): Omit<ModelSpec, "signature"> {
  const [first] = specs;
  if (first === undefined) throw invalid("Expected at least one inference task, got none");
  const chosen = specs.find(({ version, label }) => version !== undefined || label !== undefined) ?? first;
  for (const { model, version, label } of specs) {
    if (model !== first.model) {
      throw invalid(
        `All ModelSpecs in a MultiInferenceRequest must access the same model name. Got "${first.model}" and "${model}"`,
      );
    }
    const isUnnamed = version === undefined && label === undefined;
    if (!isUnnamed && (version !== chosen.version || label !== chosen.label)) {
      throw invalid(
        "All ModelSpecs in a MultiInferenceRequest must access the same version of the model. " +
          `Got ${versionOf(chosen)} and ${versionOf({ version, label })}`,
      );
    }
  }
  const { model, version, label } = chosen;
  return { model, version, label };
}

function versionOf({ version, label }: Pick<ModelSpec, "version" | "label">): string {
  return label === undefined ? `version ${version}` : `label "${label}"`;
}

function invalid(message: string): PlinthError {
  return new PlinthError("REQUEST_INVALID", message);
}
