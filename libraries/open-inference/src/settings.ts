import { isDeepStrictEqual } from "node:util";
import { PlinthError } from "@plinth/core";

/** Settings that are told, and not changed over the network. */
export interface FixedSettings {
  readonly values: Readonly<Record<string, boolean | number | string | readonly string[]>>;
  /** What people use instead. */
  readonly instead: string;
}

/** What Triton calls the settings of its traces, at rest: requests are traced by monitors here. */
export const TRACE_SETTINGS: FixedSettings = {
  values: {
    trace_level: ["OFF"],
    trace_rate: "1000",
    trace_count: "-1",
    log_frequency: "0",
    trace_file: "",
    trace_mode: "triton",
  },
  instead: "monitors in config.yaml",
};

/** What Triton calls the settings of its log. */
export const LOG_SETTINGS: FixedSettings = {
  values: {
    log_file: "",
    log_info: true,
    log_warning: true,
    log_error: true,
    log_verbose_level: 0,
    log_format: "default",
  },
  instead: "--log-level and --log-format of the command",
};

/**
 * Holds that a change of settings changes nothing: each is as it is, or `null`, which asks for its default.
 *
 * @throws PlinthError `NOT_IMPLEMENTED`
 */
export function refuseChanges({ values, instead }: FixedSettings, wanted: Iterable<readonly [string, unknown]>): void {
  const present = new Map<string, unknown>(Object.entries(values));
  for (const [name, value] of wanted) {
    if (value === null || isDeepStrictEqual(present.get(name), value)) continue;
    throw new PlinthError(
      "NOT_IMPLEMENTED",
      `The setting '${name.slice(0, 64)}' cannot be changed over the network: use ${instead}`,
    );
  }
}
