import type { TrafficRules } from "../../extension-points/deployments.js";
import { type ModelPlan, targetVersion } from "../deployment/model-plan.js";
import { Servable } from "../execution/servable.js";
import type { AnsweringVersion, ServedModel } from "./servable-map.js";
import { stickyPosition } from "./sticky-position.js";

/** What a table is made from. */
export type TrafficPlan = Pick<ModelPlan, "model" | "labels" | "traffic">;

/** A target with its share of the line from 0 to 1. */
interface Share {
  readonly start: number;
  readonly end: number;
  /** `undefined` where no request may go to it. */
  readonly answering: AnsweringVersion | undefined;
}

/** A model's traffic rules, resolved to the versions that answer now. Made anew whenever either changes. */
export class TrafficTable {
  /** What it was made from. */
  readonly plan: TrafficPlan;
  readonly stickyBy: string | undefined;
  /** The version to which requests are mirrored, if it is in memory: mirroring never has one loaded. */
  readonly shadow: Servable | undefined;
  readonly #all: readonly Share[];
  readonly #answering: readonly Share[];
  readonly #shadowShare: number;

  constructor(plan: TrafficPlan, { versions, newest }: Omit<ServedModel, "traffic">) {
    const { labels, traffic } = plan;
    const { split, stickyBy, shadow } = traffic;
    const answeringAs = (target: string) => {
      const version = targetVersion(target, labels);
      return version === undefined ? undefined : versions.get(version);
    };
    const weights = [...split].map(([target, weight]) => ({ answering: answeringAs(target), weight }));
    const mirrored = shadow === undefined ? undefined : answeringAs(shadow.to);
    this.plan = plan;
    this.stickyBy = stickyBy;
    this.#all = split.size === 0 ? [{ start: 0, end: 1, answering: newest }] : shares(weights);
    this.#answering = shares(weights.filter(({ answering }) => answering !== undefined));
    this.shadow = mirrored instanceof Servable ? mirrored : undefined;
    this.#shadowShare = (shadow?.percent ?? 0) / 100;
  }

  /**
   * The version for one request; `undefined` where no target answers.
   *
   * @param key the value of the header {@link stickyBy}
   * @param random from 0 to below 1
   */
  pick(key: string | undefined, random: number): AnsweringVersion | undefined {
    const position = key === undefined ? random : stickyPosition(this.plan.model, key);
    const share = shareAt(this.#all, position);
    if (share?.answering !== undefined) return share.answering;
    return share && shareAt(this.#answering, (position - share.start) / (share.end - share.start))?.answering;
  }

  /** Where to mirror a request that `primary` answers, if it is to be mirrored. */
  shadowOf(primary: Servable, random: number): Servable | undefined {
    return random < this.#shadowShare && this.shadow !== primary ? this.shadow : undefined;
  }
}

function shares(
  weights: readonly { readonly answering: AnsweringVersion | undefined; readonly weight: number }[],
): Share[] {
  const total = weights.reduce((sum, { weight }) => sum + weight, 0);
  let sum = 0;
  return weights.map(({ answering, weight }, index) => {
    const start = sum / total;
    sum += weight;
    return { answering, start, end: index === weights.length - 1 ? 1 : sum / total };
  });
}

function shareAt(shares: readonly Share[], position: number): Share | undefined {
  return shares.find(({ end }) => position < end);
}

/** Whether there is anything to make a table of; without rules the newest version gets all. */
export function hasRules({ split, shadow }: TrafficRules): boolean {
  return split.size > 0 || shadow !== undefined;
}
