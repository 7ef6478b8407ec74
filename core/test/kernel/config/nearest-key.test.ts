import { expect, test } from "vitest";
import { nearestKey, suggestKey } from "../../../src/kernel/config/nearest-key.js";

const KEYS = ["host", "port", "pollIntervalMs", "maxRequestBytes", "use"];

test.each([
  ["prot", "port"],
  ["Host", "host"],
  ["max_request_bytes", "maxRequestBytes"],
  ["pollInterval", "pollIntervalMs"],
  ["us", "use"],
  ["x", undefined],
  ["ab", undefined],
  ["timeout", undefined],
  ["", undefined],
  ["p".repeat(1_000_000), undefined],
])("takes %.20s for %s", (word, expected) => {
  expect(nearestKey(word, KEYS)).toBe(expected);
});

test("lists the keys where none is near and they are few", () => {
  expect(suggestKey("zebra", KEYS)).toBe("; expected one of host, port, pollIntervalMs, maxRequestBytes, use");
  expect(suggestKey("zebra", ["a"])).toBe("; expected only a");
  expect(suggestKey("zebra", [])).toBe("");
  expect(
    suggestKey(
      "zebra",
      Array.from({ length: 13 }, (_, index) => `long-key-${index}`),
    ),
  ).toBe("");
});
