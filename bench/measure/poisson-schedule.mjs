import { pseudoRandom } from "../models/pseudo-random.mjs";

/**
 * When to send requests that arrive independently of each other: their times in milliseconds from the beginning, ascending, with
 * exponentially distributed pauses. The same for the same seed.
 */
export function poissonSchedule({ ratePerSecond, seconds, seed }) {
  const random = pseudoRandom(seed);
  const times = [];
  for (let atMs = 0; ; ) {
    atMs += (-Math.log(1 - random()) / ratePerSecond) * 1000;
    if (atMs >= seconds * 1000) return Float64Array.from(times);
    times.push(atMs);
  }
}
