import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ERROR_CODES, ERROR_REASONS } from "@plinth/core";
import { describe, expect, it } from "vitest";
import { PACKAGES, ROOT, sourceFiles } from "./source-files.js";

interface Row {
  readonly reason: string;
  readonly code: string;
  readonly meaning: string;
}

const rows: readonly Row[] = readFileSync(join(ROOT, "docs", "errors.md"), "utf8")
  .split("\n")
  .map((line) => /^\| `(\w+)` \| `(\w+)` \| (.+) \|$/.exec(line))
  .flatMap((match) =>
    match === null ? [] : [{ reason: match[1] ?? "", code: match[2] ?? "", meaning: match[3] ?? "" }],
  );

describe("docs/errors.md", () => {
  it("lists every reason of core with its code, in order", () => {
    const core = Object.entries(ERROR_REASONS);
    expect(rows.slice(0, core.length).map(({ reason, code }) => [reason, code])).toEqual(core);
  });

  it("lists the reasons that plugins bring", () => {
    const custom = PACKAGES.flatMap((folder) => sourceFiles(`${folder}/src`)).flatMap(({ text }) =>
      [...text.matchAll(/\{\s*code: "(\w+)",\s*reason: "(\w+)",?\s*\}/g)].map(([, code, reason]) => ({ code, reason })),
    );
    expect(custom.length).toBeGreaterThan(0);
    for (const each of custom) expect(rows).toContainEqual(expect.objectContaining(each));
  });

  it("uses known codes only and says something about each", () => {
    for (const { code, meaning } of rows) {
      expect(ERROR_CODES).toContain(code);
      expect(meaning.length).toBeGreaterThan(20);
    }
  });
});

describe("the catalogue of reasons", () => {
  it("holds none that nothing gives", () => {
    const sources = PACKAGES.flatMap((folder) => sourceFiles(`${folder}/src`)).filter(
      ({ path }) => path !== "core/src/model/errors.ts",
    );
    const unused = Object.keys(ERROR_REASONS).filter(
      (reason) => !sources.some(({ text }) => text.includes(`"${reason}"`)),
    );
    expect(unused).toEqual([]);
  });
});
