import { expect, it } from "vitest";
import { sharedSettings } from "../../../src/serving/fronts/shared-settings.js";

it.each([
  [4, 256, 2, 2, 128],
  [3, 255, 2, 2, 128],
  [1, 1, 4, 1, 1],
  [8, 0, 8, 1, 0],
])(
  "%i instances and %i places in the queue in %i fronts are %i and %i in each",
  (instances, maxQueuedRequests, fronts, ownInstances, ownPlaces) => {
    const settings = { executor: "thread", instances, maxQueuedRequests } as const;
    expect(sharedSettings(settings, fronts)).toEqual({
      executor: "thread",
      instances: ownInstances,
      maxQueuedRequests: ownPlaces,
    });
  },
);
