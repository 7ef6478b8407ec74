import { setTimeout as pause } from "node:timers/promises";
import { canAnswer, type Deployments, type ModelServer, type ModelStatus, PlinthError } from "@plinth/core";

/** What loading and unloading works on. */
export interface Repository {
  readonly deployments: Deployments;
  readonly server: ModelServer;
}

/** How often a load that is waited for is looked at, in milliseconds. */
const LOOK_MS = 20;

const WHO = "open-inference";

/**
 * Has a model served, as a new revision of its deployment, and waits until a version of it can answer.
 *
 * @param parameters of the request: those that would replace the model's configuration or files are refused
 * @param signal aborts the wait, not the load
 * @throws PlinthError `NOT_IMPLEMENTED` for such parameters; why no version could be loaded; as `Deployments.change`
 */
export async function loadModel(
  { deployments, server }: Repository,
  model: string,
  parameters: Iterable<string>,
  signal: AbortSignal,
): Promise<void> {
  refuseOverrides(parameters);
  try {
    await deployments.change(model, { kind: "load" }, { who: WHO, signal });
    for (;;) {
      const status = server.status(model);
      if (status?.versions.some(canAnswer)) return;
      const error = lastingError(status);
      if (error !== undefined) throw error;
      await pause(LOOK_MS, undefined, { signal });
    }
  } catch (thrown) {
    const { code, reason, message, details } = PlinthError.from(thrown);
    throw new PlinthError({ code, reason }, `failed to load '${model.slice(0, 256)}': ${message}`, {
      details,
      cause: thrown,
    });
  }
}

/** Takes a model out of service, as a new revision; requests under way are answered. @throws PlinthError as `Deployments.change` */
export async function unloadModel({ deployments }: Repository, model: string, signal: AbortSignal): Promise<void> {
  await deployments.change(model, { kind: "unload" }, { who: WHO, signal });
}

/** Why nothing is to be waited for: no version is on its way, and one has failed, or there is none. */
function lastingError(status: ModelStatus | undefined): PlinthError | undefined {
  if (status === undefined) return undefined;
  if (status.error !== undefined) return status.error;
  const isUnderWay = status.versions.some(({ state, error }) => error === undefined && state !== "end");
  return isUnderWay ? undefined : status.versions.find(({ error }) => error !== undefined)?.error;
}

function refuseOverrides(parameters: Iterable<string>): void {
  for (const name of parameters) {
    if (name !== "config" && !name.startsWith("file:")) continue;
    throw new PlinthError(
      "NOT_IMPLEMENTED",
      `failed to load: the parameter '${name.slice(0, 64)}' is not offered. Set the model's options in config.yaml and publish its files ` +
        "as a version",
    );
  }
}
