import { describe, expect, it } from "vitest";
import { answersInOrder } from "../../src/open-inference/in-order.js";

async function* requestsOf(...values: number[]): AsyncGenerator<number> {
  yield* values;
}

/** Answers that a test settles one by one. */
function gates() {
  const open: ((value: string) => void)[] = [];
  const shut: ((error: Error) => void)[] = [];
  const answer = () =>
    new Promise<string>((resolve, reject) => {
      open.push(resolve);
      shut.push(reject);
    });
  return { open, shut, answer };
}

describe("answers in order", () => {
  it("come in the order of their requests, however they are ready", async () => {
    const { open, answer } = gates();
    const answers = answersInOrder(requestsOf(1, 2, 3), answer, 8);
    const first = answers.next();
    await expect.poll(() => open.length).toBe(3);
    for (const index of [2, 1, 0]) open[index]?.(String(index));
    expect(await first).toEqual({ done: false, value: "0" });
    expect([await answers.next(), await answers.next(), (await answers.next()).done]).toEqual([
      { done: false, value: "1" },
      { done: false, value: "2" },
      true,
    ]);
  });

  it("are worked on no more at once than may be", async () => {
    const { open, answer } = gates();
    const answers = answersInOrder(requestsOf(1, 2, 3), answer, 2);
    const first = answers.next();
    await expect.poll(() => open.length).toBe(2);
    open[0]?.("0");
    await first;
    const second = answers.next();
    await expect.poll(() => open.length).toBe(3);
    open[1]?.("1");
    expect((await second).value).toBe("1");
    open[2]?.("2");
    expect((await answers.next()).value).toBe("2");
  });

  it("end with one that fails, after those before it", async () => {
    const { open, shut, answer } = gates();
    const answers = answersInOrder(requestsOf(1, 2, 3), answer, 8);
    const first = answers.next();
    await expect.poll(() => open.length).toBe(3);
    shut[1]?.(new Error("second"));
    shut[2]?.(new Error("third"));
    open[0]?.("0");
    expect((await first).value).toBe("0");
    await expect(answers.next()).rejects.toThrow("second");
    expect((await answers.next()).done).toBe(true);
  });

  it("stop reading where nobody wants them any more", async () => {
    let stopped = false;
    async function* endless(): AsyncGenerator<number> {
      try {
        for (;;) yield 1;
      } finally {
        stopped = true;
      }
    }
    for await (const _ of answersInOrder(endless(), async () => "x", 4)) break;
    await expect.poll(() => stopped).toBe(true);
  });
});
