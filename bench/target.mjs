/** What is to be reached, beside what was measured; `measured` may be undefined where a figure is missing, which is not reached. */
function target(what, measured, wanted, isReached) {
  return { what, wanted, measured, reached: measured !== undefined && isReached };
}

export function atLeast(what, measured, bound, unit = "") {
  return target(what, measured, `at least ${count(bound)}${unit}`, measured >= bound);
}

export function atMost(what, measured, bound, unit = "") {
  return target(what, measured, `at most ${count(bound)}${unit}`, measured <= bound);
}

export function below(what, measured, bound, unit = "") {
  return target(what, measured, `below ${count(bound)}${unit}`, measured < bound);
}

function count(bound) {
  return bound.toLocaleString("en-US");
}
