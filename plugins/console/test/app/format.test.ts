import { describe, expect, it } from "vitest";
import { bytes, duration, share } from "../../app/parts/format.js";

describe("figures for people", () => {
  it.each([
    [0, "0 B"],
    [1_000, "1000 B"],
    [1_536, "1.50 KiB"],
    [1_022.6 * 1_024, "1023 KiB"],
    [999.7 * 1_024, "1000 KiB"],
    [5 * 1_024 ** 3, "5.00 GiB"],
  ])("have %d bytes as %s", (number, text) => {
    expect(bytes(number)).toBe(text);
  });

  it.each([
    [undefined, "–"],
    [0, "0.00 ms"],
    [0.042, "42.0 µs"],
    [0.42, "0.420 ms"],
    [999.9, "1000 ms"],
    [3_100, "3.10 s"],
    [90_000, "1.50 min"],
    [86_400_000 * 1_200, "1200 d"],
  ])("have %s milliseconds as %s", (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  it.each([
    [0, 0, "–"],
    [0, 9, "0 %"],
    [1, 5_000, "< 0.1 %"],
    [1, 3, "33.3 %"],
    [3, 3, "100 %"],
  ])("have %d of %d as %s", (part, whole, text) => {
    expect(share(part, whole)).toBe(text);
  });
});
