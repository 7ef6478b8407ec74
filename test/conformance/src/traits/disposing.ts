import { expectReason } from "./rejection.js";
import type { MethodUnderTest, TraitCase } from "./trait.js";

/** What is being disposed takes nothing more on, however long that takes. */
export function disposingCases<Subject extends AsyncDisposable>(
  methods: readonly MethodUnderTest<Subject>[],
  reason: string,
): readonly TraitCase<Subject>[] {
  return methods.map(({ name, call }) => ({
    name: `${name} rejects with ${reason} while disposal is under way`,
    run: async (subject) => {
      const disposed = subject[Symbol.asyncDispose]();
      await expectReason(call(subject, new AbortController().signal), reason);
      await disposed;
    },
  }));
}
