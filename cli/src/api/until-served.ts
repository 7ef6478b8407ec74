import { setTimeout as pause } from "node:timers/promises";
import type { Model, Version } from "@plinth/management";
import { CommandFailure, EXIT_FAILED } from "../exit.js";
import { apiPath, type ManagementClient } from "./management-client.js";

/** Between two looks, in milliseconds: little for whoever waits, and next to nothing for the server. */
const LOOK_EVERY_MS = 200;

/**
 * Waits until a version that is to be served is; one that is loaded on demand, or is not to be served at all, is not waited for.
 *
 * @throws CommandFailure with the reason where it cannot be loaded; the reason of `signal`
 */
export function untilVersionServed(
  client: ManagementClient,
  { model, version }: Pick<Version, "model" | "version">,
  signal: AbortSignal,
): Promise<Version> {
  const look = () => client.get<Version>(apiPath("models", model, "versions", version));
  return until(look, (found) => [found], signal);
}

/** As {@link untilVersionServed}, of all versions of a model. */
export async function untilModelServed(client: ManagementClient, model: string, signal: AbortSignal): Promise<void> {
  const look = () => client.get<Model>(apiPath("models", model));
  await until(look, ({ versions }) => versions, signal);
}

async function until<T>(look: () => Promise<T>, versionsOf: (found: T) => readonly Version[], signal: AbortSignal) {
  for (;;) {
    signal.throwIfAborted();
    const found = await look();
    const versions = versionsOf(found);
    const failed = versions.find(({ error }) => error !== undefined);
    if (failed !== undefined) throw notServed(failed);
    if (!versions.some(isComing)) return found;
    await pause(LOOK_EVERY_MS);
  }
}

function isComing({ state, onDemand }: Version): boolean {
  return state === "loading" || (state === "start" && onDemand !== true);
}

function notServed({ model, version, error }: Version): CommandFailure {
  return new CommandFailure(
    `Version ${version} of model ${model} is in the storage, and cannot be loaded: ${error?.message} (${error?.reason})`,
    EXIT_FAILED,
  );
}
