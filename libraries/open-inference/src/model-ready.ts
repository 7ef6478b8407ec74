import { canAnswer, type ModelServer, type ModelTarget, PlinthError } from "@plinth/core";

/**
 * Holds that a model, or one version of it, would answer now. Loads nothing.
 *
 * @throws PlinthError `MODEL_NOT_FOUND`, `VERSION_NOT_FOUND`, `LABEL_NOT_FOUND`; `VERSION_NOT_AVAILABLE` where it would not
 */
export function checkReady(server: ModelServer, { model, version, label }: ModelTarget): void {
  const status = server.status(model);
  if (status === undefined) throw new PlinthError("MODEL_NOT_FOUND", `There is no model ${model}`);
  const wanted = label === undefined ? version : status.labels.get(label);
  if (label !== undefined && wanted === undefined) {
    throw new PlinthError("LABEL_NOT_FOUND", `Model ${model} has no label ${label}`);
  }
  const asked = wanted === undefined ? status.versions : status.versions.filter((each) => each.version === wanted);
  if (wanted !== undefined && asked.length === 0) {
    throw new PlinthError("VERSION_NOT_FOUND", `Model ${model} has no version ${wanted}`);
  }
  if (asked.some(canAnswer)) return;
  const failed = asked.find(({ error }) => error !== undefined)?.error ?? status.error;
  throw new PlinthError("VERSION_NOT_AVAILABLE", `Model version not ready${failed ? `: ${failed.message}` : ""}`);
}
