import type { Service } from "./calls/service.js";
import type { Surroundings } from "./surroundings.js";
import { servingServices } from "./tensorflow-serving/services.js";

/** Every service of every dialect. */
export function allServices(surroundings: Surroundings): readonly Service[] {
  return [...servingServices(surroundings)];
}
