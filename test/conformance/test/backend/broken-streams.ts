import type { NamedTensors, RunCall, Tensor } from "@plinth/core";
import { type BrokenBackend, withModel } from "./broken-backend.js";
import { LinearModel } from "./linear-backend.js";

/** Backends whose streams are wrong. */
export const brokenStreams: readonly BrokenBackend[] = [
  {
    fault: "streams nothing",
    create: withModel(
      class extends LinearModel {
        override async *stream(): AsyncGenerator<NamedTensors, undefined, undefined> {
          yield* [];
          return undefined;
        }
      },
    ),
    caughtBy: "streams what the model streams",
  },
  {
    fault: "streams all outputs, whatever is asked for",
    create: withModel(
      class extends LinearModel {
        override stream(call: RunCall) {
          return super.stream({ ...call, outputs: ["y", "negative"] });
        }
      },
    ),
    caughtBy: "streams only the outputs that are asked for, in that order",
  },
  {
    fault: "has one place for the stream that is under way",
    create: withModel(
      class extends LinearModel {
        #last: Float32Array | undefined;
        override async *stream(call: RunCall): AsyncGenerator<NamedTensors, undefined, undefined> {
          this.#last = undefined;
          for (let step = 0; step < 3; step++) {
            const before = this.#last as Float32Array | undefined;
            this.#last = before?.map((value) => this.slope * value + this.offset) ?? this.line(call.inputs);
            const y: Tensor = { dtype: "float32", shape: [2], data: this.#last.slice() };
            const negative: Tensor = { dtype: "float32", shape: [2], data: this.#last.map((value) => -value) };
            yield new Map(call.outputs.map((name) => [name, name === "y" ? y : negative]));
          }
          return undefined;
        }
      },
    ),
    caughtBy: "gives each of many overlapping streams its own steps",
  },
  {
    fault: "goes on from the outputs that it has given",
    create: withModel(
      class extends LinearModel {
        override async *stream(call: RunCall): AsyncGenerator<NamedTensors, undefined, undefined> {
          let inputs = call.inputs;
          for (let step = 0; step < 3; step++) {
            const outputs = await this.run({ ...call, outputs: ["y", "negative"], inputs });
            yield new Map(call.outputs.map((name) => [name, outputs.get(name) as Tensor]));
            inputs = new Map([["x", outputs.get("y") as Tensor]]);
          }
          return undefined;
        }
      },
    ),
    caughtBy: "gives steps that share no memory with inputs, with each other or with the model",
  },
  {
    fault: "streams one at a time, and does not notice that it is left",
    create: withModel(
      class extends LinearModel {
        #busy = false;
        override async *stream(call: RunCall): AsyncGenerator<NamedTensors, undefined, undefined> {
          if (this.#busy) throw new Error("busy");
          this.#busy = true;
          yield* super.stream(call);
          this.#busy = false;
          return undefined;
        }
      },
    ),
    caughtBy: "ends a stream that is left, and streams the next one",
  },
  {
    fault: "breaks where it is stopped in a step",
    create: withModel(
      class extends LinearModel {
        #isBroken = false;
        override async *stream(call: RunCall): AsyncGenerator<NamedTensors, undefined, undefined> {
          if (this.#isBroken) throw new Error("broken");
          await Promise.resolve();
          this.#isBroken = call.signal?.aborted === true;
          yield* super.stream(call);
          return undefined;
        }
      },
    ),
    caughtBy: "ends a stream in a step of which nobody wants it any more, and streams the next one",
  },
];
