import type { Route } from "@plinth/core";
import { type FixedSettings, LOG_SETTINGS, readObject, refuseChanges, TRACE_SETTINGS } from "@plinth/open-inference";

/** Settings of traces and of the log. @param access who may try to change them */
export function settingRoutes(access: Route["access"]): readonly Route[] {
  return [
    ...settingsAt("/v2/trace/setting", TRACE_SETTINGS, access),
    ...settingsAt("/v2/models/:model/trace/setting", TRACE_SETTINGS, access),
    ...settingsAt("/v2/logging", LOG_SETTINGS, access),
  ];
}

function settingsAt(path: string, settings: FixedSettings, access: Route["access"]): readonly Route[] {
  return [
    { method: "GET", path, access: "public", handle: () => Response.json(settings.values) },
    {
      method: "POST",
      path,
      access,
      handle: async (request) => {
        refuseChanges(settings, Object.entries(await readObject(request)));
        return Response.json(settings.values);
      },
    },
  ];
}
