import type { ModelVersion } from "../../model/model-version.js";
import { type ModelPlan, targetVersion } from "../deployment/model-plan.js";
import type { Servable } from "../execution/servable.js";
import { stickyPosition } from "./sticky-position.js";

/** What a table is made from. */
export type TrafficPlan = Pick<ModelPlan, "model" | "labels" | "traffic">;

/** A target with its share of the line from 0 to 1. */
interface Share {
  readonly start: number;
  readonly end: number;
  /** `undefined` where it is not available. */
  readonly servable: Servable | undefined;
}

/** A model's traffic rules, resolved to the versions that are available now. Made anew whenever either changes. */
export class TrafficTable {
  /** What it was made from. */
  readonly plan: TrafficPlan;
  readonly stickyBy: string | undefined;
  /** The version to which requests are mirrored, if it is available. */
  readonly shadow: Servable | undefined;
  readonly #all: readonly Share[];
  readonly #available: readonly Share[];
  readonly #shadowShare: number;

  constructor(
    plan: TrafficPlan,
    { versions, newest }: { readonly versions: ReadonlyMap<ModelVersion, Servable>; readonly newest: Servable },
  ) {
    const { labels, traffic } = plan;
    const { split, stickyBy, shadow } = traffic;
    const servableOf = (target: string) => {
      const version = targetVersion(target, labels);
      return version === undefined ? undefined : versions.get(version);
    };
    const weights = [...split].map(([target, weight]) => ({ servable: servableOf(target), weight }));
    this.plan = plan;
    this.stickyBy = stickyBy;
    this.#all = split.size === 0 ? [{ start: 0, end: 1, servable: newest }] : shares(weights);
    this.#available = shares(weights.filter(({ servable }) => servable !== undefined));
    this.shadow = shadow === undefined ? undefined : servableOf(shadow.to);
    this.#shadowShare = (shadow?.percent ?? 0) / 100;
  }

  /**
   * The version for one request; `undefined` where no target is available.
   *
   * @param key the value of the header {@link stickyBy}
   * @param random from 0 to below 1
   */
  pick(key: string | undefined, random: number): Servable | undefined {
    const position = key === undefined ? random : stickyPosition(this.plan.model, key);
    const share = shareAt(this.#all, position);
    if (share?.servable !== undefined) return share.servable;
    return share && shareAt(this.#available, (position - share.start) / (share.end - share.start))?.servable;
  }

  /** Where to mirror a request that `primary` answers, if it is to be mirrored. */
  shadowOf(primary: Servable, random: number): Servable | undefined {
    return random < this.#shadowShare && this.shadow !== primary ? this.shadow : undefined;
  }
}

function shares(weights: readonly { readonly servable: Servable | undefined; readonly weight: number }[]): Share[] {
  const total = weights.reduce((sum, { weight }) => sum + weight, 0);
  let sum = 0;
  return weights.map(({ servable, weight }, index) => {
    const start = sum / total;
    sum += weight;
    return { servable, start, end: index === weights.length - 1 ? 1 : sum / total };
  });
}

function shareAt(shares: readonly Share[], position: number): Share | undefined {
  return shares.find(({ end }) => position < end);
}
