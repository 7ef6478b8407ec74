import { PlinthError } from "@plinth/core";
import { expect } from "vitest";

/** The error that `run` throws. */
export function thrownBy(run: () => unknown): PlinthError {
  try {
    run();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(PlinthError);
    return thrown as PlinthError;
  }
  throw new Error("expected an error");
}

/** The error that `promise` rejects with. */
export async function rejectionOf(promise: Promise<unknown>): Promise<PlinthError> {
  const thrown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(PlinthError);
  return thrown as PlinthError;
}
