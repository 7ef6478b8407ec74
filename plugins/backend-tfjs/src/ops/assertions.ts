import { PlinthError } from "@plinth/core";
import type { CompileOp } from "../graph/compile-program.js";
import { isTensor, type Value } from "../graph/values.js";
import { readValues } from "../tensors/from-engine.js";
import { isTrue } from "./control-flow.js";
import { type Ops, plain } from "./kernels.js";
import { toText } from "./strings.js";

/** Elements of each of an assertion's tensors that its message shows. */
const SHOWN = 5;

const assertion: CompileOp = plain(([condition, ...data]) => {
  if (isTrue(condition)) return [];
  throw new PlinthError(
    "TENSOR_INVALID",
    `The model asserts what these inputs do not hold: ${data.map(shown).join(" ")}`,
  );
});

function shown(value: Value): string {
  if (!isTensor(value)) return value.kind;
  const elements = (readValues(value) as readonly (number | Uint8Array)[]).slice(0, SHOWN);
  return Array.from(elements, (each) => (typeof each === "number" ? String(each) : toText(each))).join(",");
}

/** Ops that look at values and give none. */
export const ASSERTIONS: Ops = {
  Assert: assertion,
  Print: plain(([first]) => first as Value),
  PrintV2: plain(() => []),
};
