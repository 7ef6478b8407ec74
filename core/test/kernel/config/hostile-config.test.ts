import { expect, test } from "vitest";
import { PlinthError } from "../../../src/model/errors.js";
import { FakeWorkspace } from "./fake-plugins.js";

const STORAGE = "storage: { use: disk, root: ./models }\n";

test.each([
  ["lists in brackets", "[".repeat(500_000), "levels of nesting"],
  ["mappings in braces", "{a: ".repeat(100_000), "levels of nesting"],
  ["lists on one line", "- ".repeat(100_000), "levels of nesting"],
  ["closed brackets", `${"[".repeat(5_000)}${"]".repeat(5_000)}`, "levels of nesting"],
  ["indentation", Array.from({ length: 500 }, (_, level) => `${" ".repeat(level)}a:`).join("\n"), "levels of nesting"],
  ["words and signs", "- 1\n".repeat(200_000), "words and signs"],
  ["errors", "]".repeat(500_000), "words and signs"],
  ["bytes", `${STORAGE}${"#".repeat(1024 * 1024)}`, "1048576 bytes"],
  ["bytes of few characters", `${STORAGE}#${"ü".repeat(600_000)}`, "1048576 bytes"],
  ["aliases", billionLaughs(9, 9), "aliases"],
  ["aliases in keys' values", `a: &a [${"1,".repeat(999)}1]\nb:\n${"  - *a\n".repeat(20)}`, "aliases"],
  ["an alias of itself", "storage: &self { use: disk, root: *self }\n", "levels of nesting"],
  ["an alias of itself, wide", "models: &self [*self, *self, *self]\n", "aliases"],
])("refuses too many %s", async (_, text, words) => {
  using workspace = new FakeWorkspace();
  expect((await workspace.faults(text)).join("\n")).toContain(words);
});

function billionLaughs(levels: number, width: number): string {
  const lines = ["l0: &l0 [ha]"];
  for (let level = 1; level <= levels; level++) {
    lines.push(`l${level}: &l${level} [${Array.from({ length: width }, () => `*l${level - 1}`).join(",")}]`);
  }
  return lines.join("\n");
}

test("tells a hundred of twelve thousand wrong keys", async () => {
  using workspace = new FakeWorkspace();
  const keys = Array.from({ length: 12_000 }, (_, index) => `servre${index}: 1\n`).join("");
  expect(await workspace.faults(keys)).toHaveLength(101);
});

test.each([
  "__proto__: { polluted: 1 }\n",
  '"__proto__": { polluted: 1 }\n',
  `${STORAGE}models: { __proto__: { polluted: 1 } }\n`,
  "storage: { use: disk, root: a, __proto__: { polluted: 1 } }\n",
  `${STORAGE}protocols: [{ use: rest, cors: { __proto__: { polluted: 1 } } }]\n`,
  `${STORAGE}constructor: { prototype: { polluted: 1 } }\n`,
  "storage: { use: disk, root: a, constructor: { prototype: { polluted: 1 } } }\n",
  `${STORAGE}protocols: [{ use: rest, toString: 1, hasOwnProperty: 2 }]\n`,
])("lets nothing through to the prototype of objects: %s", async (text) => {
  using workspace = new FakeWorkspace();
  expect((await workspace.faults(text)).join("\n")).toMatch(/not allowed as a key|unknown key/);
  expect(({} as { polluted?: number }).polluted).toBeUndefined();
});

const GOOD = `server: { host: 127.0.0.1, limits: { maxConnections: 9 } }
storage:
  use: disk
  root: \${HOME:-a}/models
backends: [{ use: onnx, threads: 2 }, { use: tfjs }]
protocols:
  - use: rest
    port: \${PORT}
    size: { bytes: 3 }
models:
  a: &a { versions: [3, 7], labels: { x: 3 }, backend: onnx }
  b: { versions: { latest: 2 }, example: 'b.json', backend: { use: tfjs, wasm: true } }
  c: *a
`;

const SNIPPETS = [
  "{",
  "}",
  "[",
  "]",
  ":",
  "- ",
  "\n",
  "  ",
  "'",
  '"',
  "&a ",
  "*a",
  "!x ",
  "#",
  "|",
  ">",
  "?",
  "${",
  "}",
  "~",
  "0",
  "-1",
  "1e999",
  "\t",
  "\0",
  "\ud800",
  "use",
  "__proto__",
  "<<: ",
  "---\n",
  "%YAML 1.1\n",
  "null",
  "9".repeat(30),
  "ÿ",
];

test("takes any edit of a configuration or refuses it with CONFIG_INVALID", async () => {
  using workspace = new FakeWorkspace();
  const random = mulberry32(20_240_607);
  const below = (limit: number) => Math.floor(random() * limit);
  let refused = 0;
  for (let round = 0; round < 400; round++) {
    let text = GOOD;
    for (let edits = 1 + below(4); edits > 0; edits--) {
      const at = below(text.length);
      const cut = random() < 0.5 ? 0 : below(12);
      const inserted =
        random() < 0.7 ? SNIPPETS[below(SNIPPETS.length)] : text.slice(below(text.length)).slice(0, below(40));
      text = text.slice(0, at) + inserted + text.slice(at + cut);
    }
    try {
      await workspace.parse(text, { environment: { PORT: "1" } });
    } catch (error) {
      refused++;
      if (!(error instanceof PlinthError) || error.reason !== "CONFIG_INVALID")
        throw new Error(`Fails at ${JSON.stringify(text)}`, { cause: error });
    }
  }
  expect(refused).toBeGreaterThan(150);
  expect(refused).toBeLessThan(800);
});

/** A small seeded generator of numbers in [0, 1): https://github.com/bryc/code/blob/master/jshash/PRNGs.md#mulberry32. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
