import { DEFAULT_SIGNATURE, PlinthError, type ServableHandle } from "@plinth/core";
import { type Classification, classificationOutputs } from "./classification.js";
import { classify, type ExampleCall, regress } from "./infer-examples.js";
import { CLASSIFY_METHOD, type ExampleMethod, isExampleMethod, REGRESS_METHOD } from "./methods.js";
import { type Regression, regressionOutput } from "./regression.js";

/** What a client asks of one signature. */
export interface InferenceTask {
  /** Default: `serving_default`. */
  readonly signature: string | undefined;
  /** {@link CLASSIFY_METHOD} or {@link REGRESS_METHOD}. Default: the signature's own method, where that is one of them. */
  readonly method: string | undefined;
}

/** What a task came to. */
export type InferenceTaskResult = { readonly signature: string } & (
  | { readonly method: typeof CLASSIFY_METHOD; readonly classification: Classification }
  | { readonly method: typeof REGRESS_METHOD; readonly regression: Regression }
);

/**
 * TensorFlow Serving's MultiInference: several signatures of one version, over the same examples. All tasks are checked before the first
 * is run; then they run side by side, one run for each signature, and the examples are brought into each form once. Settles when all
 * runs have.
 *
 * @returns the results in the order of the tasks
 * @throws PlinthError of the first task that fails: `REQUEST_INVALID` for no tasks, for a signature that is asked twice, and for one that is
 *   to say its method and does not, `NOT_IMPLEMENTED` for another method, and those of {@link classify}
 */
export async function multiInference(
  handle: ServableHandle,
  tasks: readonly InferenceTask[],
  call: Omit<ExampleCall, "signature">,
): Promise<readonly InferenceTaskResult[]> {
  const planned = planTasks(handle, tasks);
  const outcomes = await Promise.allSettled(planned.map((task) => runTask(handle, task, call)));
  return outcomes.map((outcome) => {
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value;
  });
}

interface PlannedTask {
  readonly signature: string;
  readonly method: ExampleMethod;
}

function planTasks(handle: ServableHandle, tasks: readonly InferenceTask[]): readonly PlannedTask[] {
  if (tasks.length === 0) throw new PlinthError("REQUEST_INVALID", "Expected at least one inference task, got none");
  const seen = new Set<string>();
  return tasks.map(({ signature: name = DEFAULT_SIGNATURE, method: asked }) => {
    if (seen.has(name)) throw new PlinthError("REQUEST_INVALID", `Duplicate evaluation of signature: ${name}`);
    seen.add(name);
    const signature = signatureOf(handle, name);
    const method = asked ?? signature.method;
    if (!isExampleMethod(method)) throw asked === undefined ? unnamed(name, method) : unsupported(name, method);
    if (method === CLASSIFY_METHOD) classificationOutputs(name, signature);
    else regressionOutput(name, signature);
    return { signature: name, method };
  });
}

async function runTask(
  handle: ServableHandle,
  { signature, method }: PlannedTask,
  call: Omit<ExampleCall, "signature">,
): Promise<InferenceTaskResult> {
  return method === CLASSIFY_METHOD
    ? { signature, method, classification: await classify(handle, { ...call, signature }) }
    : { signature, method, regression: await regress(handle, { ...call, signature }) };
}

/** With the words that TensorFlow Serving's clients know of this method alone. */
function signatureOf(handle: ServableHandle, name: string) {
  try {
    return handle.signature(name);
  } catch (thrown) {
    const { code, reason, message, details } = PlinthError.from(thrown);
    throw new PlinthError({ code, reason }, `Inference task signature not found: ${message}`, {
      details,
      cause: thrown,
    });
  }
}

function unnamed(signature: string, method: string): PlinthError {
  return new PlinthError(
    "REQUEST_INVALID",
    `The method of signature "${signature}" is ${method}, so the task must say its own: expected its method_name to be ` +
      `${CLASSIFY_METHOD} or ${REGRESS_METHOD}`,
    { details: { signature } },
  );
}

function unsupported(signature: string, method: string): PlinthError {
  return new PlinthError(
    "NOT_IMPLEMENTED",
    `Unsupported signature method_name: ${method.slice(0, 256)}, for signature "${signature}". ` +
      `Expected the task's method_name to be ${CLASSIFY_METHOD} or ${REGRESS_METHOD}`,
    { details: { signature } },
  );
}
