import { SharedThread } from "@plinth/core";
import { describe, expect, it, vi } from "vitest";

const PROGRAM = `
const begin = () => {
  let sum = 0;
  return (message) => {
    if (message === "fail") throw Object.assign(new Error("no room"), { code: "ENOSPC" });
    if (message === "die") process.exit(1);
    sum += message;
    return sum;
  };
};
`;

const thread = () => new SharedThread<number | string, number>("test", PROGRAM);

describe("a thread that is shared", () => {
  it("keeps its users apart", async () => {
    const shared = thread();
    using one = shared.use();
    using other = shared.use();
    expect(await Promise.all([one.call(1), other.call(10)])).toEqual([1, 10]);
    expect(await Promise.all([one.call(2), other.call(20)])).toEqual([3, 30]);
  });

  it("tells what went wrong with its code, and goes on", async () => {
    using user = thread().use();
    await expect(user.call("fail")).rejects.toMatchObject({ code: "ENOSPC", message: "no room" });
    expect(await user.call(5)).toBe(5);
  });

  it("rejects what it was asked when it ends, and is another one for the next user", async () => {
    const shared = thread();
    using user = shared.use();
    await expect(user.call("die")).rejects.toMatchObject({ reason: "INTERNAL" });
    await vi.waitFor(async () => {
      using next = shared.use();
      expect(await next.call(1)).toBe(1);
    });
  });
});
