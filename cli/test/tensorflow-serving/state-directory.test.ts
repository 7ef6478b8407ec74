import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "@plinth/core";
import { expect, it } from "vitest";
import { openStateDirectory } from "../../src/tensorflow-serving/state-directory.js";
import { fileOf, temporaryFolder } from "./read-flags.js";

class Told implements Logger {
  readonly lines: string[] = [];
  debug(): void {}
  info(message: string): void {
    this.lines.push(message);
  }
  warn(): void {}
  error(): void {}
  child(): Logger {
    return this;
  }
}

it("keeps what is the server's own in a temporary folder, says so, and takes it away", async () => {
  const [told, parent] = [new Told(), await temporaryFolder()];
  const state = await openStateDirectory("", told, ["/missing", parent]);
  expect(state.path.startsWith(`${parent}/plinth-state-`)).toBe(true);
  expect(told.lines).toEqual([expect.stringContaining(state.path)]);
  await state[Symbol.asyncDispose]();
  expect(existsSync(state.path)).toBe(false);
});

it("keeps it in the folder that is named, made where it is missing, for good", async () => {
  const path = join(await temporaryFolder(), "deep", "state");
  await (await openStateDirectory(path, new Told()))[Symbol.asyncDispose]();
  expect(existsSync(path)).toBe(true);
});

it("asks for a folder where none can be made", async () => {
  await expect(openStateDirectory("", new Told(), ["/missing"])).rejects.toThrow(
    /in \/missing: name one by --plinth_state_dir/,
  );
  await expect(openStateDirectory(`${await fileOf("")}/state`, new Told())).rejects.toThrow(
    /--plinth_state_dir: \S+\/models\.txt\/state cannot be made/,
  );
});
