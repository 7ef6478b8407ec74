import type { BucketLayout } from "./bucket-layout.js";
import type { ConditionalObjects } from "./conditional-objects.js";
import type { ObjectStore } from "./object-store.js";

/** The bucket of a storage that was started. */
export interface OpenStore {
  readonly store: ObjectStore;
  readonly objects: ConditionalObjects;
  readonly layout: BucketLayout;
}
