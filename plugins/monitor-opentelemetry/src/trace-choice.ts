import { type SpanContext, TraceFlags } from "@opentelemetry/api";
import { parseTraceParent, TraceState } from "@opentelemetry/core";
import type { RequestOrigin } from "@plinth/core";

export interface TraceChoiceOptions {
  readonly ratio: number;
  readonly maxPerSecond: number;
}

/** What becomes of a request: it is traced, as a part of its client's trace where it has one, or it is not. */
export type TraceChoice = { readonly parent: SpanContext | undefined } | undefined;

/**
 * Decides which requests are traced, ahead of making any span: those of a trace that is recorded already, and a share of those without
 * one. https://www.w3.org/TR/trace-context/
 */
export class TraceChooser {
  readonly #options: TraceChoiceOptions;
  readonly #random: () => number;
  #second = 0;
  #used = 0;

  constructor(options: TraceChoiceOptions, random: () => number = Math.random) {
    this.#options = options;
    this.#random = random;
  }

  choose(origin: RequestOrigin | undefined, nowMs: number): TraceChoice {
    const parent = origin?.traceparent === undefined ? undefined : parentOf(origin);
    const isWanted =
      parent === undefined
        ? this.#random() < this.#options.ratio
        : (parent.traceFlags & TraceFlags.SAMPLED) === TraceFlags.SAMPLED;
    return isWanted && this.#isWithinBudget(nowMs) ? { parent } : undefined;
  }

  #isWithinBudget(nowMs: number): boolean {
    const second = Math.floor(nowMs / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#used = 0;
    }
    return this.#used++ < this.#options.maxPerSecond;
  }
}

/** `undefined` where the client's word is no context that there can be. */
function parentOf({ traceparent = "", tracestate }: RequestOrigin): SpanContext | undefined {
  const context = parseTraceParent(traceparent);
  if (context === null) return undefined;
  return { ...context, isRemote: true, ...(tracestate !== undefined && { traceState: new TraceState(tracestate) }) };
}
