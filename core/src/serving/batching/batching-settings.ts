/** How requests to one model are put together, for each signature apart. Sizes are rows: the length of the first axis. */
export interface BatchingSettings {
  /** Largest batch that is run, in rows; at least 1. */
  readonly maxBatchSize: number;
  /**
   * Longest that the first request of a batch waits for others while an instance is free, in milliseconds. 0: a batch is what has
   * gathered while the instances were busy.
   */
  readonly maxWaitMs: number;
  /**
   * Where it is given, {@link maxWaitMs} is the most that is waited, and how long is chosen so that requests are answered within
   * this time, in milliseconds, from the arrivals and run times that were measured.
   */
  readonly targetLatencyMs?: number | undefined;
  /** Sizes that batches are padded to, ascending, the last one `maxBatchSize`. Absent: any size is run as it is. */
  readonly allowedBatchSizes?: readonly number[] | undefined;
  /** Whether requests of different lengths on other axes are padded to the longest, each tensor with its own first element. */
  readonly padVariableLength: boolean;
  /** Whether a request of more rows than `maxBatchSize` is run in parts; else it is refused. */
  readonly splitLarge: boolean;
}
