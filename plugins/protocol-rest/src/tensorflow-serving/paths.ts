import { type ModelTarget, PlinthError, parseModelVersion } from "@plinth/core";

/** What a path under `/v1/` asks for. */
export type ServingPath =
  | { readonly kind: "inference"; readonly verb: InferenceVerb; readonly target: ModelTarget }
  | { readonly kind: "status"; readonly target: ModelTarget }
  | { readonly kind: "metadata"; readonly target: ModelTarget }
  | { readonly kind: "list" };

export type InferenceVerb = "predict" | "classify" | "regress" | "multiInference";

const PREFIX = /^\/v1(?:\/|$)/i;
const LIST = /^\/v1\/models\/?$/i;
const MODEL =
  /^\/v1\/models\/([^/:]+)(?:\/versions\/([0-9]+)|\/labels\/([^/:]+))?(\/metadata|:(?:predict|classify|regress|multiInference))?$/i;

/** Whether the path belongs to this dialect. */
export function isServingPath(path: string): boolean {
  return PREFIX.test(path);
}

/**
 * Reads a path, which is without its query. Names and labels are percent-decoded; the fixed words are taken in any case but for
 * the verb, as TensorFlow Serving does.
 *
 * @returns `undefined` where it is none of the dialect's.
 * @throws PlinthError `REQUEST_INVALID` for a version past int64 and for broken percent-encoding.
 */
export function parseServingPath(path: string): ServingPath | undefined {
  const match = MODEL.exec(path);
  if (match === null) return LIST.test(path) ? { kind: "list" } : undefined;
  const [, name = "", version, label, suffix] = match;
  const target: ModelTarget = {
    model: decode(name),
    version: version === undefined ? undefined : versionOf(version),
    label: label === undefined ? undefined : decode(label),
  };
  switch (suffix) {
    case undefined:
      return { kind: "status", target };
    case ":predict":
    case ":classify":
    case ":regress":
    case ":multiInference":
      return { kind: "inference", verb: suffix.slice(1) as InferenceVerb, target };
    default:
      return suffix.startsWith("/") ? { kind: "metadata", target } : undefined;
  }
}

function versionOf(digits: string): bigint {
  const version = parseModelVersion(digits);
  if (version !== undefined) return version;
  throw new PlinthError(
    "REQUEST_INVALID",
    `Failed to convert version: ${digits.slice(0, 64)} to numeric: it is past int64`,
  );
}

function decode(segment: string): string {
  if (!segment.includes("%")) return segment;
  try {
    return decodeURIComponent(segment);
  } catch (cause) {
    throw new PlinthError(
      "REQUEST_INVALID",
      `${JSON.stringify(segment.slice(0, 256))} is not valid percent-encoded UTF-8`,
      {
        cause,
      },
    );
  }
}
