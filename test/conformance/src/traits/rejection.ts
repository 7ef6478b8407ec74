import { expect } from "vitest";

/** What the promise rejects with; fails where it does not reject. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (thrown: unknown) => ({ thrown }),
  );
  if ("thrown" in outcome) return outcome.thrown;
  return expect.fail(`Expected a rejection, but it settled with ${String(outcome.value)}`);
}

/** Fails unless the promise rejects with a `PlinthError` of that reason, of whichever copy of the core. */
export async function expectReason(promise: Promise<unknown>, reason: string): Promise<void> {
  expect(await rejectionOf(promise)).toMatchObject({ name: "PlinthError", reason });
}
