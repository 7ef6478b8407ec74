import { describe, expect, it } from "vitest";
import type { TrafficRules } from "../../app/api/documents.js";
import { editedRules, filledIn, rulesInWords, type TrafficDraft } from "../../app/traffic/traffic-draft.js";

const THIRDS: TrafficRules = {
  split: { stable: 1, canary: 2 },
  stickyBy: "x-user",
  shadow: { to: "canary", percent: 2.5 },
};

describe("a draft of traffic rules", () => {
  it.each<readonly [string, TrafficRules, TrafficDraft, TrafficRules]>([
    ["leaves all as it is, weights to the digit", THIRDS, {}, THIRDS],
    [
      "changes what is mirrored alone",
      THIRDS,
      { shadowPercent: "50" },
      { ...THIRDS, shadow: { to: "canary", percent: 50 } },
    ],
    [
      "has something mirrored for the first time",
      { split: {} },
      { shadowTo: "2" },
      { split: {}, shadow: { to: "2", percent: 10 } },
    ],
    ["mirrors nothing any more", { split: {}, shadow: { to: "2", percent: 10 } }, { shadowTo: "" }, { split: {} }],
    [
      "leaves out who gets nothing, and keeps the rest",
      THIRDS,
      { shares: { stable: 100, canary: 0 } },
      { ...THIRDS, split: { stable: 100 } },
    ],
    ["is sticky no more", { split: { a: 1 }, stickyBy: "x-user" }, { stickyBy: "" }, { split: { a: 1 } }],
  ])("%s", (_what, rules, draft, expected) => {
    expect(editedRules(rules, draft)).toEqual(expected);
  });

  it("begins with what is, in percent", () => {
    const filled = { shares: { stable: 33, canary: 67 }, shadowTo: "canary", shadowPercent: "2.5", stickyBy: "x-user" };
    expect(filledIn(THIRDS, {})).toEqual(filled);
  });

  it("is told in words that can be held against those before", () => {
    expect(rulesInWords(THIRDS)).toEqual({
      stable: "33 %",
      canary: "67 %",
      "mirrored to canary": "2.5 %",
      "sticky by": "x-user",
    });
    expect(rulesInWords({ split: {} })).toEqual({});
  });
});
