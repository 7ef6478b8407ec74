import type { Tensor } from "@tensorflow/tfjs-core";
import { functionOf, functionsOf } from "../graph/attributes.js";
import type { CompileOp } from "../graph/compile-program.js";
import { disposeValue, duplicate, isTensor, Resource, type Value } from "../graph/values.js";
import { readValues } from "../tensors/from-engine.js";
import { makeTensor } from "../tensors/to-engine.js";
import { numberAt, type Ops, plain } from "./kernels.js";

/** What comes out of the side that a TensorFlow 1 `Switch` does not take, and of all that needs it. */
class DeadValue extends Resource {
  readonly kind = "value of a branch that was not taken";
}

const DEAD: DeadValue = new DeadValue();

/** Has a node of a graph with branches be skipped on the side that is not taken. */
export function skippedWhenDead(compile: CompileOp): CompileOp {
  return (node, context, outputCount) => {
    const kernel = compile(node, context, outputCount);
    if (node.op === "Merge") return kernel;
    return (inputs) => (inputs.includes(DEAD) ? new Array<Value>(Math.max(outputCount, 1)).fill(DEAD) : kernel(inputs));
  };
}

/** What TensorFlow takes as true: a number but 0, a string that is not empty. */
export function isTrue(value: Value | undefined): boolean {
  if (!isTensor(value)) return false;
  if (value.size !== 1) return value.size > 0;
  const [first] = readValues(value) as readonly (number | Uint8Array)[];
  return typeof first === "number" ? first !== 0 : (first?.length ?? 0) > 0;
}

const branch: CompileOp = (node, context) => {
  const [then, otherwise] = [
    context.function(functionOf(node, "then_branch")),
    context.function(functionOf(node, "else_branch")),
  ];
  return ([condition, ...inputs]) => (isTrue(condition) ? then : otherwise).run(inputs);
};

const choice: CompileOp = (node, context) => {
  const branches = functionsOf(node, "branches").map((name) => context.function(name));
  return (inputs) => {
    const index = numberAt(inputs, 0);
    const taken = branches[index] ?? branches.at(-1);
    if (taken === undefined) throw new Error("It has no branches");
    return taken.run(inputs.slice(1));
  };
};

const loop: CompileOp = (node, context) => {
  const [condition, body] = [context.function(functionOf(node, "cond")), context.function(functionOf(node, "body"))];
  return (inputs) => {
    let carried = inputs;
    while (goesOn(condition.run(carried))) {
      const next = body.run(carried);
      if (carried !== inputs) for (const value of carried) disposeValue(value);
      carried = next;
    }
    return carried === inputs ? inputs.map(duplicate) : carried;
  };
};

function goesOn(outputs: readonly Value[]): boolean {
  const answer = isTrue(outputs[0]);
  for (const value of outputs) disposeValue(value);
  return answer;
}

const merge: CompileOp = plain((inputs) => {
  const index = inputs.findIndex((value) => value !== DEAD);
  if (index === -1) return [DEAD, DEAD];
  return [inputs[index] as Value, makeTensor(Int32Array.of(index), [], "int32")];
});

/** Branches and loops. Those of TensorFlow 1 whose loops are no functions are made such before. */
export const CONTROL_FLOW: Ops = {
  Case: choice,
  If: branch,
  LoopCond: plain(([value]) => value as Value),
  Merge: merge,
  StatelessCase: choice,
  StatelessIf: branch,
  StatelessWhile: loop,
  Switch: plain(([data, condition]) => {
    const taken = duplicate(data as Tensor);
    return isTrue(condition) ? [DEAD, taken] : [taken, DEAD];
  }),
  While: loop,
};
