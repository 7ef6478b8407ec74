import type { ExecutionSettings } from "../execution/execution-settings.js";

/** One front's share of what a model may have in all of them together: no front is left without an instance. */
export function sharedSettings(settings: ExecutionSettings, fronts: number): ExecutionSettings {
  const { instances, maxQueuedRequests } = settings;
  return {
    ...settings,
    instances: Math.ceil(instances / fronts),
    maxQueuedRequests: Math.ceil(maxQueuedRequests / fronts),
  };
}
