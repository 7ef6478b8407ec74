import { type ErrorReason, PlinthError } from "@plinth/core";
import type { GraphNode } from "@plinth/saved-model";
import { isRefusedByOp } from "../native/native-errors.js";
import { disposeValue, duplicate, isTensor, type Kernel, type Value } from "./values.js";

/** One node to compute: which slots it reads and fills, and which nobody needs after it. */
export interface Step {
  readonly node: GraphNode;
  readonly kernel: Kernel;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly released: readonly number[];
}

/** A graph in the order in which it is computed. Every value has a slot of its own. */
export interface ProgramParts {
  readonly steps: readonly Step[];
  /** By slot; the slots of inputs and of what steps compute are empty. The model owns what stands in them. */
  readonly constants: readonly (Value | undefined)[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Slots that are filled by a step, and not read from a constant or an input. */
  readonly computed: ReadonlySet<number>;
}

/** A compiled graph. It is computed at once, on this thread. */
export class Program {
  readonly #parts: ProgramParts;
  /** Whether output `n` is the program's own to give away. */
  readonly #isOwned: readonly boolean[];

  constructor(parts: ProgramParts) {
    this.#parts = parts;
    this.#isOwned = parts.outputs.map(
      (slot, index) => parts.computed.has(slot) && parts.outputs.indexOf(slot) === index,
    );
  }

  /**
   * Computes the outputs, which are the caller's to dispose; the inputs stay the caller's. Run it inside of a scope of TensorFlow.js: that
   * frees what is left where a node fails.
   *
   * @throws PlinthError with the node that failed
   */
  run(inputs: readonly Value[]): Value[] {
    const { steps, constants, inputs: inputSlots, outputs } = this.#parts;
    const slots = constants.slice();
    for (let index = 0; index < inputSlots.length; index++) slots[inputSlots[index] as number] = inputs[index];
    for (const step of steps) runStep(step, slots);
    return outputs.map((slot, index) => {
      const value = slots[slot] as Value;
      return this.#isOwned[index] ? value : duplicate(value);
    });
  }
}

function runStep({ node, kernel, inputs, outputs, released }: Step, slots: (Value | undefined)[]): void {
  const given: Value[] = [];
  for (const slot of inputs) given.push(slots[slot] as Value);
  try {
    const result = kernel(given);
    if (outputs.length === 1 && isTensor(result as Value)) slots[outputs[0] as number] = own(result as Value, given);
    else {
      const results = Array.isArray(result) ? (result as readonly Value[]) : [result as Value];
      for (const [index, slot] of outputs.entries()) slots[slot] = own(results[index] as Value, given);
    }
  } catch (thrown) {
    throw nodeError(node, thrown);
  }
  for (const slot of released) {
    disposeValue(slots[slot]);
    slots[slot] = undefined;
  }
}

/** Ops of TensorFlow.js that have nothing to do give their input back. */
function own(value: Value, given: readonly Value[]): Value {
  return given.includes(value) ? duplicate(value) : value;
}

function nodeError(node: GraphNode, thrown: unknown): PlinthError {
  if (thrown instanceof PlinthError && thrown.details.node !== undefined) return thrown;
  const { message } = PlinthError.from(thrown);
  return new PlinthError(
    thrown instanceof PlinthError ? { code: thrown.code, reason: thrown.reason } : reasonOf(message),
    `The node ${JSON.stringify(node.name)} of op ${node.op} could not be computed: ${message}`,
    {
      details: { node: node.name, op: node.op },
      cause: thrown,
    },
  );
}

/** TensorFlow.js has no kinds of errors, so its words decide. */
function reasonOf(message: string): ErrorReason {
  if (/\b(?:shapes?|rank|dimensions?|broadcast|inner|depth|size)\b/i.test(message)) return "INPUT_SHAPE_MISMATCH";
  const isOfValues = /\bindex value\b|\binvalid indices\b/i.test(message) || isRefusedByOp(message);
  return isOfValues ? "TENSOR_INVALID" : "MODEL_RUN_FAILED";
}
