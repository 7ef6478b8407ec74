import { type ModelTarget, PlinthError, parseModelVersion } from "@plinth/core";

/**
 * The model and version that a request names. A version is digits; anything else is a label, since clients put whatever their users
 * give for the version into its place, and a label of digits alone cannot be set.
 *
 * @param version empty or absent: as the model's traffic rules say
 * @throws PlinthError `REQUEST_INVALID` for a number past int64, and where no model is named
 */
export function modelTarget(model: string, version: string | undefined): ModelTarget {
  if (model === "") throw new PlinthError("REQUEST_INVALID", "Expected the name of a model, got none");
  if (version === undefined || version === "") return { model };
  if (!/^[0-9]+$/.test(version)) return { model, label: version };
  const number = parseModelVersion(version);
  if (number !== undefined) return { model, version: number };
  throw new PlinthError(
    "REQUEST_INVALID",
    `failed to get model version from specified version string '${version.slice(0, 64)}': it is past int64`,
  );
}
