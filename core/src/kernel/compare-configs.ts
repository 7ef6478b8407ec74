import { isDeepStrictEqual } from "node:util";
import { PlinthError } from "../model/errors.js";
import { quotedNames } from "../model/quoted-names.js";
import type { ModelConfig, PluginUse, ServerConfig } from "./config/server-config.js";
import { sameUse } from "./configured-models.js";

/** How the models of two configurations differ, by name. */
export interface ModelDifferences {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
  readonly unchanged: readonly string[];
}

export function compareModels({ models: running }: ServerConfig, { models: next }: ServerConfig): ModelDifferences {
  const before = running ?? new Map<string, ModelConfig>();
  const after = next ?? new Map<string, ModelConfig>();
  const kept = [...after].flatMap(([name, model]) => {
    const earlier = before.get(name);
    return earlier === undefined ? [] : [{ name, isSame: sameModel(earlier, model) }];
  });
  return {
    added: [...after.keys()].filter((name) => !before.has(name)),
    removed: [...before.keys()].filter((name) => !after.has(name)),
    changed: kept.filter(({ isSame }) => !isSame).map(({ name }) => name),
    unchanged: kept.filter(({ isSame }) => isSame).map(({ name }) => name),
  };
}

/**
 * Refuses a new configuration that differs in anything but `models`. No value is told: it may have come from the environment.
 *
 * @throws PlinthError `RESTART_NEEDED`
 */
export function checkNoRestartNeeded(running: ServerConfig, next: ServerConfig): void {
  const differing = [
    ...(isDeepStrictEqual(running.server, next.server) ? [] : [`server (${next.file})`]),
    ...differingUses("storage", [running.storage], [next.storage]),
    ...differingUses("backends", running.backends, next.backends),
    ...differingUses("protocols", running.protocols, next.protocols),
    ...differingUses("monitors", running.monitors, next.monitors),
    ...differingUses("extensions", running.extensions, next.extensions),
  ];
  if (differing.length === 0) return;
  throw new PlinthError(
    "RESTART_NEEDED",
    `Only \`models\` can be changed by a reload; these differ as well and need a new start: ${differing.join(", ")}. Nothing was applied`,
    { details: { differing } },
  );
}

/** The uses of a section that differ, each with its line in the new configuration. */
function differingUses(section: string, running: readonly PluginUse[], next: readonly PluginUse[]): readonly string[] {
  const differing = next.filter((use, index) => {
    const before = running[index];
    return before === undefined || !sameUse(before, use);
  });
  if (differing.length === 0 && running.length > next.length) {
    return [`${section} (without ${quotedNames(running.slice(next.length).map(({ use }) => use))})`];
  }
  return differing.map(
    ({ use, position: { file, line, column } }) => `${section} (${use} at ${file}:${line}:${column})`,
  );
}

function sameModel(left: ModelConfig, right: ModelConfig): boolean {
  const { pins: _left, backend: leftBackend, ...leftRest } = left;
  const { pins: _right, backend: rightBackend, ...rightRest } = right;
  const sameBackend =
    leftBackend === undefined || rightBackend === undefined
      ? leftBackend === rightBackend
      : sameUse(leftBackend, rightBackend);
  return (
    sameBackend &&
    isDeepStrictEqual(leftRest, rightRest) &&
    isDeepStrictEqual([...left.pins.keys()], [...right.pins.keys()])
  );
}
