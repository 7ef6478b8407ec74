import type { Sampling } from "@plinth/core";
import type { JournalOptions } from "./options.js";

/** Whether no request that goes well is written down. */
export function ignoresSuccess({ requests }: JournalOptions): boolean {
  return requests.share === 0 && Object.keys(requests.models).length === 0;
}

/** Of which requests the journal wants the tensors; `undefined`: of none. */
export function samplingOf(options: JournalOptions): Sampling | undefined {
  const { requests, failures } = options;
  if (ignoresSuccess(options) && !failures.inputs) return undefined;
  const { share, models, maxTensorBytes: maxBytes } = requests;
  return { share, models: new Map(Object.entries(models)), failed: failures.inputs, maxBytes };
}
