import type { ModelTarget } from "../../extension-points/model-server.js";
import { PlinthError } from "../../model/errors.js";
import type { ModelVersion } from "../../model/model-version.js";
import { quotedNames } from "../../model/quoted-names.js";
import { canAnswer, type ModelStatus, tellingVersion } from "../../model/version-state.js";
import type { Servable } from "../execution/servable.js";
import type { AnsweringVersion, ServableMap } from "./servable-map.js";
import type { TrafficTable } from "./traffic-table.js";

/** What routing asks when a request cannot be served, to say why. */
export interface ModelDirectory {
  status(model: string): ModelStatus | undefined;
  modelNames(): readonly string[];
  labels(model: string): ReadonlyMap<string, ModelVersion>;
}

/**
 * The version that answers `target`, be it once it is loaded.
 *
 * @throws PlinthError as {@link ModelServer.acquire}
 */
export function routeRequest(map: ServableMap, directory: ModelDirectory, target: ModelTarget): AnsweringVersion {
  const served = map.get(target.model);
  if (target.version === undefined && target.label === undefined) {
    if (served === undefined) throw notAvailable(directory, target, undefined);
    return served.traffic === undefined ? served.newest : byTraffic(served.traffic, target);
  }
  const version = target.version ?? labelled(directory, target);
  const answering = version === undefined ? undefined : served?.versions.get(version);
  if (answering !== undefined) return answering;
  throw notAvailable(directory, target, version);
}

/** Where to mirror a request that `primary` answers, if the traffic rules say so. */
export function shadowOf(map: ServableMap, target: ModelTarget, primary: Servable): Servable | undefined {
  if (target.version !== undefined || target.label !== undefined) return undefined;
  return map.get(target.model)?.traffic?.shadowOf(primary, Math.random());
}

function byTraffic(traffic: TrafficTable, { model, header }: ModelTarget): AnsweringVersion {
  const key = traffic.stickyBy === undefined ? undefined : header?.(traffic.stickyBy);
  const answering = traffic.pick(key, Math.random());
  if (answering !== undefined) return answering;
  throw new PlinthError(
    "VERSION_NOT_AVAILABLE",
    `Servable not found for request: Latest(${model}). None of the versions is available that the traffic rules of model ${model} name`,
    { details: { model } },
  );
}

function labelled(directory: ModelDirectory, { model, label }: ModelTarget): ModelVersion | undefined {
  const labels = directory.labels(model);
  const version = labels.get(label ?? "");
  if (version !== undefined || directory.status(model) === undefined) return version;
  throw new PlinthError(
    "LABEL_NOT_FOUND",
    `Unrecognized servable version label: ${label}. Model ${model} has the labels ${quotedNames(labels.keys())}`,
    { details: { model, label } },
  );
}

function notAvailable(directory: ModelDirectory, target: ModelTarget, version: ModelVersion | undefined): PlinthError {
  const { model } = target;
  const status = directory.status(model);
  if (status === undefined) {
    return new PlinthError(
      "MODEL_NOT_FOUND",
      `${wanted(target)}. There is no model ${JSON.stringify(model)}; the models here are ${quotedNames(directory.modelNames())}`,
      { details: { model } },
    );
  }
  const known =
    version === undefined ? tellingVersion(status) : status.versions.find((each) => each.version === version);
  if (version !== undefined && (known === undefined || known.state === "end")) {
    const available = status.versions.filter(canAnswer).map((each) => String(each.version));
    return new PlinthError(
      "VERSION_NOT_FOUND",
      `${wanted(target)}. Model ${model} has no version ${version} in service; available: ${available.join(", ") || "none"}`,
      { details: { model, version: String(version) } },
    );
  }
  const why = known?.error ?? status.error;
  return new PlinthError(
    "VERSION_NOT_AVAILABLE",
    `${wanted(target)}. ${
      known === undefined
        ? `The storage holds no version of model ${model} that may be served`
        : `Model ${model} version ${known.version} is not available: its state is ${known.state}`
    }${why === undefined ? "" : `, because: ${why.message}`}`,
    {
      details: { model, ...(known !== undefined && { version: String(known.version), state: known.state }) },
      cause: why,
    },
  );
}

/** TensorFlow Serving's words, which its clients wait for when they test whether a server is up. */
function wanted({ model, version }: ModelTarget): string {
  return `Servable not found for request: ${version === undefined ? `Latest(${model})` : `Specific(${model}, ${version})`}`;
}
