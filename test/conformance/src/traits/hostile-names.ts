import { expectReason } from "./rejection.js";
import type { NamingMethodUnderTest, TraitCase } from "./trait.js";

/** Names that would leave the place they are meant for, or that some store cannot hold, are refused by every method. */
export function hostileNameCases<Subject>(
  methods: readonly NamingMethodUnderTest<Subject>[],
  names: ReadonlyMap<string, string>,
  reason: string,
): readonly TraitCase<Subject>[] {
  return methods.flatMap((method) =>
    [...names].map(([what, name]) => ({
      name: `${method.name} refuses ${what} with ${reason}`,
      run: (subject) => expectReason(method.call(subject, name), reason),
    })),
  );
}
