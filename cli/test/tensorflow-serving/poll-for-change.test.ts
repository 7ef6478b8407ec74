import { rm, writeFile } from "node:fs/promises";
import { expect, it, vi } from "vitest";
import { pollForChange } from "../../src/tensorflow-serving/poll-for-change.js";
import { fileOf } from "./read-flags.js";

it("H11 has the configuration read again when the file has changed, and again for as long as that fails", async () => {
  const file = await fileOf("first");
  const outcomes = [false, true];
  const reload = vi.fn(async (_why: string) => outcomes.shift() ?? true);
  using _polling = await pollForChange(file, 1, reload);
  await writeFile(file, "second");
  await vi.waitFor(() => expect(outcomes).toEqual([]));
  expect(reload).toHaveBeenLastCalledWith(`${file} was not applied the last time`);
});

it("tells of a file that has gone", async () => {
  const file = await fileOf("first");
  const reload = vi.fn(async (_why: string) => true);
  using _polling = await pollForChange(file, 1, reload);
  await rm(file);
  await vi.waitFor(() => expect(reload).toHaveBeenCalled());
});
