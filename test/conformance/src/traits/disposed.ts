import { expectReason } from "./rejection.js";
import type { MethodUnderTest, TraitCase } from "./trait.js";

/** What has been disposed says so, whatever it is asked. */
export function disposedCases<Subject extends AsyncDisposable>(
  methods: readonly MethodUnderTest<Subject>[],
  reason: string,
): readonly TraitCase<Subject>[] {
  return methods.map(({ name, call }) => ({
    name: `${name} rejects with ${reason} after disposal`,
    run: async (subject) => {
      await subject[Symbol.asyncDispose]();
      await expectReason(call(subject, new AbortController().signal), reason);
    },
  }));
}
