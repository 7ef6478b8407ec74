import type { FileEntry } from "@plinth/core";
import { expect } from "vitest";
import type { BackendCase } from "./backend-under-test.js";

const FOREIGN: readonly (readonly string[])[] = [[], ["notes.txt"], ["picture.png", "sound.wav"], ["folder/notes.txt"]];

const ODD: readonly (readonly string[])[] = [
  [""],
  ["/"],
  [".."],
  ["../../etc/passwd"],
  ["a//b"],
  ["*[(\\"],
  ["line\nbreak", "nul\0", "tab\t"],
  ["\ud800", "𝄞", "e\u0301"],
  ["__proto__", "constructor"],
  ["a/".repeat(5_000)],
  Array.from({ length: 20_000 }, (_, index) => `${index}.txt`),
];

export const recognitionCases: readonly BackendCase[] = [
  {
    name: "recognizes the files of its models",
    async run({ backend, subject, open }) {
      for (const example of subject.models) {
        const { files } = await open(example);
        expect(backend.recognizes(files), example.directory).toBe(true);
      }
    },
  },
  {
    name: "does not recognize files of no model",
    async run({ backend }) {
      for (const paths of FOREIGN) expect(backend.recognizes(entries(paths)), paths.join()).toBe(false);
    },
  },
  {
    name: "answers for the oddest paths without throwing",
    async run({ backend }) {
      for (const paths of ODD) expect(backend.recognizes(entries(paths))).toBeTypeOf("boolean");
    },
  },
];

function entries(paths: readonly string[]): readonly FileEntry[] {
  return paths.map((path) => ({ path, bytes: 1 }));
}
