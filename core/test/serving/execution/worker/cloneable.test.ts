import { expect, test } from "vitest";
import { arrivesWhole, cloneableFields } from "../../../../src/serving/execution/worker/cloneable.js";

class Threshold {
  readonly value: number = 0.5;
}

test.each<[string, unknown]>([
  ["plain values", { text: "a", number: 1, big: 2n, yes: true, none: null, absent: undefined }],
  ["lists and maps", { list: [1, [2]], map: new Map([["a", new Set([1])]]), when: new Date(0), pattern: /a/g }],
  ["arrays of bytes", { bytes: new Uint8Array([1, 2]), floats: new Float32Array([Number.NaN]) }],
])("%s arrive whole", (_, value) => {
  expect(arrivesWhole(value)).toBe(true);
});

test.each<[string, unknown]>([
  ["a function", { hook: () => {} }],
  ["an object of a class", { threshold: new Threshold() }],
  ["a URL", { address: new URL("http://localhost") }],
  ["a symbol", { name: Symbol("name") }],
  ["shared memory", new SharedArrayBuffer(8)],
])("%s does not", (_, value) => {
  expect(arrivesWhole(value)).toBe(false);
});

test("fields that cannot cross are replaced, the others are kept", () => {
  const fields = { count: 1, hook: () => {}, gone: undefined };
  expect(cloneableFields(fields, (value) => typeof value)).toEqual({ count: 1, hook: "function", gone: "undefined" });
  expect(cloneableFields(fields)).toEqual({ count: 1 });
});
