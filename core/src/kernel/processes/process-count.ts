import type { ServerSettings } from "../../extension-points/server-settings.js";
import { availableCores } from "../../serving/execution/available-cores.js";

/** How many processes answer requests. */
export function processCount({ processes }: ServerSettings): number {
  return processes === "auto" ? availableCores() : processes;
}
