import { isDeepStrictEqual } from "node:util";
import { PlinthError, type Route } from "@plinth/core";
import { readJson } from "@plinth/open-inference";

/** What Triton calls the settings of its traces, at rest: requests are traced by monitors here. */
const TRACE_SETTINGS = {
  trace_level: ["OFF"],
  trace_rate: "1000",
  trace_count: "-1",
  log_frequency: "0",
  trace_file: "",
  trace_mode: "triton",
};

/** What Triton calls the settings of its log. */
const LOG_SETTINGS = {
  log_file: "",
  log_info: true,
  log_warning: true,
  log_error: true,
  log_verbose_level: 0,
  log_format: "default",
};

/** Settings of traces and of the log, which are told and cannot be changed over the network: a change to what is, is no change. */
export function settingRoutes(access: Route["access"]): readonly Route[] {
  const traces = ["/v2/trace/setting", "/v2/models/:model/trace/setting"];
  return [
    ...traces.flatMap((path) => fixedSettings(path, TRACE_SETTINGS, "monitors in config.yaml", access)),
    ...fixedSettings("/v2/logging", LOG_SETTINGS, "--log-level and --log-format of the command", access),
  ];
}

function fixedSettings(path: string, settings: object, instead: string, access: Route["access"]): readonly Route[] {
  const present = new Map<string, unknown>(Object.entries(settings));
  return [
    { method: "GET", path, access: "public", handle: () => Response.json(settings) },
    {
      method: "POST",
      path,
      access,
      handle: async (request) => {
        for (const [name, value] of Object.entries(await readJson(request))) {
          if (value !== null && !isDeepStrictEqual(present.get(name), value)) throw cannotChange(name, instead);
        }
        return Response.json(settings);
      },
    },
  ];
}

function cannotChange(name: string, instead: string): PlinthError {
  return new PlinthError(
    "NOT_IMPLEMENTED",
    `The setting '${name.slice(0, 64)}' cannot be changed over the network: use ${instead}`,
  );
}
