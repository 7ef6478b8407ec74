import type { InferCall, InferResult } from "../../extension-points/model-server.js";
import { PlinthError } from "../../model/errors.js";
import type { NamedTensors, Tensor } from "../../model/tensor.js";
import type { ShadowCounts } from "../../model/version-state.js";
import type { Servable } from "../execution/servable.js";
import type { ServerEvents } from "../server-events.js";
import { compareOutputs, larger } from "./compare-outputs.js";

/** Mirrored requests that wait or run at once; further ones are dropped and counted. */
export const MAX_SHADOW_REQUESTS = 32;

type Outcome = Exclude<keyof ShadowCounts, "maxDifference">;

type Counts = { -readonly [Each in keyof ShadowCounts]: ShadowCounts[Each] };

/**
 * Runs copies of answered requests on another version, compares the answers, tells the monitors, and drops them. Clients wait
 * for the copying alone; where the other version has a queue, copies wait behind all others.
 */
export class ShadowTraffic {
  readonly #events: ServerEvents;
  readonly #counts = new WeakMap<Servable, Counts>();
  #underWay = 0;

  constructor(events: ServerEvents) {
    this.#events = events;
  }

  /** Mirrors a request that was answered with `result`. Returns at once and never throws. */
  mirror(shadow: Servable, call: InferCall, result: InferResult): void {
    if (this.#underWay >= MAX_SHADOW_REQUESTS) {
      this.#count(shadow, "dropped");
      return;
    }
    this.#underWay++;
    shadow.hold();
    const { signature, outputs } = call;
    const copy = { signature, inputs: copied(call.inputs), outputs, priority: Number.NEGATIVE_INFINITY };
    const answer = { ...result, outputs: copied(result.outputs) };
    setImmediate(() => void this.#run(shadow, copy, answer));
  }

  /** `undefined` where nothing was mirrored to it. */
  counts(shadow: Servable): ShadowCounts | undefined {
    return this.#counts.get(shadow);
  }

  async #run(shadow: Servable, call: InferCall, answer: InferResult): Promise<void> {
    const { model, version, signature } = answer;
    let comparison: ReturnType<typeof compareOutputs> | undefined;
    let error: PlinthError | undefined;
    try {
      const { outputs } = await shadow.infer(call, performance.now());
      comparison = compareOutputs(answer.outputs, outputs);
    } catch (thrown) {
      error = PlinthError.from(thrown);
    } finally {
      this.#underWay--;
      shadow.release();
    }
    this.#count(
      shadow,
      comparison === undefined ? "failed" : comparison.agreed ? "agreed" : "differed",
      comparison?.maxDifference,
    );
    this.#events.emit({
      type: "shadow-compared",
      model,
      version,
      shadowVersion: shadow.version,
      signature,
      agreed: comparison?.agreed ?? false,
      maxDifference: comparison?.maxDifference,
      error,
    });
  }

  #count(shadow: Servable, outcome: Outcome, difference?: number): void {
    const counts = this.#counts.get(shadow) ?? { agreed: 0, differed: 0, failed: 0, dropped: 0 };
    counts[outcome]++;
    counts.maxDifference = larger(counts.maxDifference, difference);
    this.#counts.set(shadow, counts);
  }
}

/** The caller may do with its tensors what it likes once it is answered. */
function copied(tensors: NamedTensors): NamedTensors {
  return new Map([...tensors].map(([name, tensor]) => [name, { ...tensor, data: copiedData(tensor) } as Tensor]));
}

function copiedData({ dtype, data }: Tensor): Tensor["data"] {
  return dtype === "string" ? data.map((bytes) => bytes.slice()) : data.slice();
}
