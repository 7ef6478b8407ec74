import type { LatencyFigures } from "../../extension-points/server-statistics.js";

/** Buckets of equal width between two powers of two: the middle of one is within 1/128 of every value in it. */
const BUCKETS_PER_OCTAVE = 64;

/** Bits of the mantissa's upper word that do not tell the bucket: 20 less the 6 that do. */
const DROPPED_BITS = 14;

/** Of the bucket of 1 microsecond, as it comes out of the exponent's bias. */
const FIRST_BUCKET = 1_023 * BUCKETS_PER_OCTAVE;

/** From 1 microsecond to 2^32 of them; what is beyond counts as the last. */
const LAST_BUCKET = 32 * BUCKETS_PER_OCTAVE - 1;

const value = new Float64Array(1);
/** Of the same memory; the machine is little-endian, so that the second word holds exponent and upper mantissa. */
const words = new Uint32Array(value.buffer);

/**
 * Durations by size, for percentiles of any part of them that is put together again: see {@link LatencyFigures}. Grows by octaves, as far
 * as durations differ. Has no private state, so that it can be cloned.
 */
export class LatencySketch {
  count = 0;
  sumMs = 0;
  maxMs = 0;
  /** The bucket of `buckets[0]`; a multiple of {@link BUCKETS_PER_OCTAVE}. */
  first = 0;
  buckets: Uint32Array = new Uint32Array(0);

  add(ms: number): void {
    this.count++;
    this.sumMs += ms;
    if (ms > this.maxMs) this.maxMs = ms;
    const at = bucketOf(ms) - this.first;
    if (at >= 0 && at < this.buckets.length) (this.buckets[at] as number)++;
    else this.#addBeyond(at + this.first);
  }

  merge(other: LatencySketch): void {
    if (other.count === 0) return;
    this.count += other.count;
    this.sumMs += other.sumMs;
    this.maxMs = Math.max(this.maxMs, other.maxMs);
    this.#cover(other.first, other.first + other.buckets.length);
    const offset = other.first - this.first;
    for (let at = 0; at < other.buckets.length; at++) {
      (this.buckets[offset + at] as number) += other.buckets[at] as number;
    }
  }

  figures(): LatencyFigures | undefined {
    if (this.count === 0) return undefined;
    return {
      mean: this.sumMs / this.count,
      p50: this.#quantile(0.5),
      p95: this.#quantile(0.95),
      p99: this.#quantile(0.99),
      max: this.maxMs,
    };
  }

  #quantile(share: number): number {
    let left = Math.max(1, Math.ceil(share * this.count));
    for (let at = 0; at < this.buckets.length; at++) {
      left -= this.buckets[at] as number;
      if (left <= 0) return Math.min(middleMs(this.first + at), this.maxMs);
    }
    return this.maxMs;
  }

  #addBeyond(bucket: number): void {
    this.#cover(bucket, bucket + 1);
    (this.buckets[bucket - this.first] as number)++;
  }

  /** Grows to buckets `from` to, without, `to`. */
  #cover(from: number, to: number): void {
    const { first, buckets } = this;
    const isEmpty = buckets.length === 0;
    const start = wholeOctaves(isEmpty ? from : Math.min(first, from), Math.floor);
    const end = wholeOctaves(isEmpty ? to : Math.max(first + buckets.length, to), Math.ceil);
    if (!isEmpty && start === first && end === first + buckets.length) return;
    this.first = start;
    this.buckets = new Uint32Array(end - start);
    if (!isEmpty) this.buckets.set(buckets, first - start);
  }
}

function bucketOf(ms: number): number {
  value[0] = ms * 1_000;
  const bucket = ((words[1] as number) >>> DROPPED_BITS) - FIRST_BUCKET;
  // Also what is negative, whose sign is the highest bit, or not a number.
  if (!(ms >= 0.001)) return 0;
  return bucket > LAST_BUCKET ? LAST_BUCKET : bucket;
}

function middleMs(bucket: number): number {
  const octave = Math.floor(bucket / BUCKETS_PER_OCTAVE);
  const within = bucket % BUCKETS_PER_OCTAVE;
  return (2 ** octave * (1 + (within + 0.5) / BUCKETS_PER_OCTAVE)) / 1_000;
}

function wholeOctaves(bucket: number, round: (octaves: number) => number): number {
  return round(bucket / BUCKETS_PER_OCTAVE) * BUCKETS_PER_OCTAVE;
}
