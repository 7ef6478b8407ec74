import pLimit, { type LimitFunction } from "p-limit";
import type { MemoryFigures } from "../../extension-points/server-statistics.js";
import { settledOrAborted } from "../../extension-points/settled-or-aborted.js";
import { type ErrorReason, PlinthError } from "../../model/errors.js";
import type { ModelVersion } from "../../model/model-version.js";
import type { Servable } from "../execution/servable.js";
import { chooseVictims } from "./choose-victims.js";
import { withinTimeLimit } from "./within-time-limit.js";

/**
 * A version's need of memory for each byte of its files: TensorFlow Serving's estimate (`kResourceEstimateRAMMultiplier` of its
 * saved-model bundle factory).
 */
const BYTES_PER_FILE_BYTE = 1.2;

/** Longest that a load waits until versions in its way are not used any more, in milliseconds. */
export const ROOM_TIMEOUT_MS = 10_000;

/** Need of memory of a version whose files have this size together, in bytes. */
export function estimatedNeedBytes(fileBytes: number): number {
  return Math.ceil(fileBytes * BYTES_PER_FILE_BYTE);
}

/** For whom memory is set aside. */
export interface MemoryUser {
  readonly model: string;
  readonly version: ModelVersion;
}

/** A version whose memory can come back: a lazy one, or any that is on its way out. */
export interface ReclaimableVersion extends MemoryUser {
  /** `undefined` while it is being loaded or unloaded: then its memory is worth waiting for, but cannot be asked for. */
  readonly servable: Servable | undefined;
  /** Takes it out of service at once, and settles when its memory is given back. Only while nobody holds the servable. */
  evict(why: string): Promise<void>;
}

/**
 * What all loaded and loading versions may need together. Memory is set aside before a load begins, so that loads at the same time
 * cannot overdraw it; those that have to make room do so one after the other.
 */
export class MemoryBudget {
  readonly #budgetBytes: number;
  readonly #reclaimable: () => readonly ReclaimableVersion[];
  readonly #oneByOne: LimitFunction = pLimit(1);
  readonly #reserved = new Map<string, number>();
  #usedBytes = 0;
  /** Looks again whether there is room for the load that waits for it, if one does. */
  #lookAgain: (() => void) | undefined;

  /**
   * @param budgetBytes 0: no bound
   * @param reclaimable what may be unloaded to make room
   */
  constructor(budgetBytes: number, reclaimable: () => readonly ReclaimableVersion[] = () => []) {
    this.#budgetBytes = budgetBytes;
    this.#reclaimable = reclaimable;
  }

  get figures(): MemoryFigures {
    return { budgetBytes: this.#budgetBytes, usedBytes: this.#usedBytes };
  }

  /**
   * Sets memory aside until the reservation is disposed. Where it does not fit, the least recently used versions out of those
   * that can be reclaimed and that nobody holds are unloaded first; where enough is only held, that is waited for.
   *
   * @throws PlinthError with the figures, nothing unloaded: `MEMORY_BUDGET_EXCEEDED` where nothing could make room,
   * `MEMORY_IN_USE` where what could was in use for {@link ROOM_TIMEOUT_MS}.
   */
  async reserve(user: MemoryUser, needBytes: number, signal: AbortSignal): Promise<Disposable> {
    if (this.#budgetBytes === 0) return this.#take(user, needBytes);
    return this.#oneByOne(async () => {
      signal.throwIfAborted();
      if (this.#missingBytes(needBytes) > 0) {
        await withinTimeLimit(signal, ROOM_TIMEOUT_MS, (limited) => this.#makeRoom(user, needBytes, limited));
      }
      return this.#take(user, needBytes);
    });
  }

  /**
   * Sets more memory aside for a version that has some, if it is free: nothing makes room for that. `undefined` where it is not.
   */
  extend(user: MemoryUser, moreBytes: number): Disposable | undefined {
    if (this.#budgetBytes > 0 && this.#missingBytes(moreBytes) > 0) return undefined;
    return this.#take(user, moreBytes);
  }

  /** To be called when a version has changed its state: what it holds may be reclaimable now. */
  stateChanged(): void {
    this.#lookAgain?.();
  }

  async #makeRoom(user: MemoryUser, needBytes: number, signal: AbortSignal): Promise<void> {
    while (this.#missingBytes(needBytes) > 0) {
      const evictions = await this.#begunEvictions(user, needBytes, signal);
      await settledOrAborted(Promise.all(evictions), signal);
    }
  }

  /** Evictions, begun in the very turn in which enough was found idle: later it might be held again. */
  #begunEvictions(user: MemoryUser, needBytes: number, signal: AbortSignal): Promise<readonly Promise<void>[]> {
    return new Promise((resolve, reject) => {
      const settle = (outcome: () => void) => {
        this.#lookAgain = undefined;
        signal.removeEventListener("abort", giveUp);
        outcome();
      };
      const giveUp = () => {
        const isTimeOver = PlinthError.from(signal.reason).reason === "DEADLINE_EXCEEDED";
        settle(() => reject(isTimeOver ? this.#inUse(user, needBytes) : signal.reason));
      };
      const look = () => {
        const victims = this.#victims(needBytes);
        if (victims === "none") settle(() => reject(this.#exceeded(user, needBytes)));
        else if (victims !== "wait") {
          const why = `to make room for model ${user.model} version ${user.version}`;
          settle(() => resolve(victims.map((victim) => victim.evict(why))));
        }
      };
      this.#lookAgain = look;
      signal.addEventListener("abort", giveUp, { once: true });
      if (signal.aborted) giveUp();
      else look();
    });
  }

  /** What to evict for a load that needs so much: `wait` where enough is there but in use, `none` where that would not do either. */
  #victims(needBytes: number): readonly ReclaimableVersion[] | "wait" | "none" {
    const missingBytes = this.#missingBytes(needBytes);
    if (missingBytes <= 0) return [];
    const reclaimable = this.#reclaimable().map((version) => this.#withFigures(version));
    if (sumOfBytes(reclaimable) < missingBytes) return "none";
    const victims = chooseVictims(reclaimable.filter(isIdle), missingBytes);
    if (victims !== undefined) return victims.map(({ version }) => version);
    for (const { version } of reclaimable) version.servable?.onIdle(() => this.#lookAgain?.());
    return "wait";
  }

  #withFigures(version: ReclaimableVersion) {
    return { version, bytes: this.#reserved.get(keyOf(version)) ?? 0, lastUse: version.servable?.lastUse ?? 0 };
  }

  #missingBytes(needBytes: number): number {
    return this.#usedBytes + needBytes - this.#budgetBytes;
  }

  #take(user: MemoryUser, bytes: number): Disposable {
    const key = keyOf(user);
    this.#usedBytes += bytes;
    this.#reserved.set(key, (this.#reserved.get(key) ?? 0) + bytes);
    let isReleased = false;
    return {
      [Symbol.dispose]: () => {
        if (isReleased) return;
        isReleased = true;
        this.#usedBytes -= bytes;
        this.#giveBack(key, bytes);
        this.#lookAgain?.();
      },
    };
  }

  #giveBack(key: string, bytes: number): void {
    const left = (this.#reserved.get(key) ?? 0) - bytes;
    if (left > 0) this.#reserved.set(key, left);
    else this.#reserved.delete(key);
  }

  #exceeded(user: MemoryUser, needBytes: number): PlinthError {
    const fix =
      needBytes > this.#budgetBytes
        ? "it can never fit: raise the budget"
        : "raise the budget, unload something, let versions of one model take turns with transition: resource-preserving, or " +
          "let models make way for each other with loading: lazy";
    return this.#refusal("MEMORY_BUDGET_EXCEEDED", user, needBytes, fix);
  }

  #inUse(user: MemoryUser, needBytes: number): PlinthError {
    const seconds = ROOM_TIMEOUT_MS / 1_000;
    const fix = `requests held the others for ${seconds} seconds: try again later, or raise the budget`;
    return this.#refusal("MEMORY_IN_USE", user, needBytes, fix);
  }

  #refusal(reason: ErrorReason, { model, version }: MemoryUser, needBytes: number, fix: string): PlinthError {
    const budgetBytes = this.#budgetBytes;
    const usedBytes = this.#usedBytes;
    const reclaimable = this.#reclaimable().map((each) => this.#withFigures(each));
    const unusedBytes = sumOfBytes(reclaimable.filter(isIdle));
    return new PlinthError(
      reason,
      `Model ${model} version ${version} needs about ${needBytes} bytes, but ${usedBytes} of server.memoryBudgetBytes ` +
        `(${budgetBytes}) are in use, of which unused lazy versions can give back ${unusedBytes}; ${fix}`,
      { details: { needBytes, usedBytes, unusedBytes, budgetBytes } },
    );
  }
}

function keyOf({ model, version }: MemoryUser): string {
  return `${model}/${version}`;
}

function isIdle({ version }: { readonly version: ReclaimableVersion }): boolean {
  return version.servable?.isHeld === false;
}

function sumOfBytes(versions: readonly { readonly bytes: number }[]): number {
  return versions.reduce((sum, { bytes }) => sum + bytes, 0);
}
