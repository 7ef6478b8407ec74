import { expect } from "vitest";
import type { MethodUnderTest, TraitCase } from "./trait.js";

/** Whoever gives up right after calling gets an `AbortError`, or what there was to say anyway; never what the giving up broke. */
export function abortingCases<Subject>(methods: readonly MethodUnderTest<Subject>[]): readonly TraitCase<Subject>[] {
  return methods.map(({ name, call }) => ({
    name: `${name} rejects with an AbortError, if at all for that reason, where its signal aborts while it is under way`,
    run: async (subject) => {
      const controller = new AbortController();
      const settled = call(subject, controller.signal).catch((thrown: unknown) => thrown);
      controller.abort();
      const outcome = await settled;
      if (outcome instanceof Error) expect(outcome.name).toMatch(/^AbortError$|^PlinthError$/);
      if (isDisposable(outcome)) await outcome[Symbol.asyncDispose]();
      // Still of use.
      await call(subject, new AbortController().signal).catch((thrown: unknown) => {
        expect(thrown).toMatchObject({ name: "PlinthError" });
      });
    },
  }));
}

function isDisposable(value: unknown): value is AsyncDisposable {
  return typeof value === "object" && value !== null && Symbol.asyncDispose in value;
}
