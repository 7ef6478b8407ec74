import { executeModel, type ModelExecution } from "./execute-model.js";
import type { ExecutedModel } from "./executed-model.js";
import type { ExecutionSettings } from "./execution-settings.js";

/** Where models are brought to run. */
export interface ModelExecutor {
  /** Copies of a model that are in memory from the start; where its settings leave that open, the fewest. */
  copiesOf(settings: ExecutionSettings): number;

  /** Whether every place where the model may run can read its files in this process's memory; child processes cannot. */
  readsContents(settings: ExecutionSettings): boolean;

  /** As {@link executeModel}. */
  execute(execution: ModelExecution, signal: AbortSignal): Promise<ExecutedModel>;
}

/** In this process, and in workers of it. */
export const LOCAL_EXECUTOR: ModelExecutor = {
  copiesOf,
  readsContents: ({ executor }) => executor !== "process",
  execute: executeModel,
};

export function copiesOf({ executor, instances }: ExecutionSettings): number {
  return executor === "thread" || executor === "process" ? instances : 1;
}
