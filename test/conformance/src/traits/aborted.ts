import { expect } from "vitest";
import { rejectionOf } from "./rejection.js";
import type { MethodUnderTest, TraitCase } from "./trait.js";

/** Whoever has given up before calling gets an `AbortError` and nothing else. */
export function abortedCases<Subject>(methods: readonly MethodUnderTest<Subject>[]): readonly TraitCase<Subject>[] {
  return methods.map(({ name, call }) => ({
    name: `${name} rejects with an AbortError where its signal has aborted before`,
    run: async (subject) => {
      expect(await rejectionOf(call(subject, AbortSignal.abort()))).toMatchObject({ name: "AbortError" });
    },
  }));
}
