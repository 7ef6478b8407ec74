import type { Service } from "./calls/service.js";
import { healthService } from "./health/services.js";
import { reflectionServices } from "./reflection/services.js";
import type { Surroundings } from "./surroundings.js";
import { servingServices } from "./tensorflow-serving/services.js";

/** Every service of every dialect, and those that tell of them. */
export function allServices(surroundings: Surroundings): readonly Service[] {
  const dialects = [...servingServices(surroundings)];
  const services = [...dialects, healthService(surroundings, dialects)];
  return surroundings.options.reflection ? [...services, ...reflectionServices(services)] : services;
}
