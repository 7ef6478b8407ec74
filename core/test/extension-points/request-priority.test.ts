import { expect, it } from "vitest";
import { requestPriority } from "../../src/index.js";

it.each<[header: string | undefined, priority: number | undefined]>([
  [undefined, undefined],
  ["u=0", 3],
  ["u=3", 0],
  ["u=7, i", -4],
  ["i, u=1", 2],
  ["i,u=5;x=1", -2],
  [" u=2 ", 1],
  ["u=0, u=6", -3],
  ["", undefined],
  ["i", undefined],
  ["u=8", undefined],
  ["u=-1", undefined],
  ["u=1.5", undefined],
  ["u=?1", undefined],
  ["U=1", undefined],
  ["high", undefined],
])("the header priority: %s is the priority %s", (header, priority) => {
  expect(requestPriority(header)).toBe(priority);
});
