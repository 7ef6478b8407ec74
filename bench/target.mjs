/** What is to be reached, beside what was measured; `measured` may be undefined where a figure is missing, which is not reached. */
function target(what, measured, wanted, isReached) {
  return { what, wanted, measured, reached: measured !== undefined && isReached };
}

export function atLeast(what, measured, bound, unit = "") {
  return target(what, measured, `at least ${bound}${unit}`, measured >= bound);
}

export function atMost(what, measured, bound, unit = "") {
  return target(what, measured, `at most ${bound}${unit}`, measured <= bound);
}

export function below(what, measured, bound, unit = "") {
  return target(what, measured, `below ${bound}${unit}`, measured < bound);
}
