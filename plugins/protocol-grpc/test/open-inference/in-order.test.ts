import { describe, expect, it } from "vitest";
import { answersInOrder } from "../../src/open-inference/in-order.js";

async function* requestsOf(...values: number[]): AsyncGenerator<number> {
  yield* values;
}

/** Answers that a test settles one by one. */
function gates() {
  const open: ((value: string) => void)[] = [];
  const shut: ((error: Error) => void)[] = [];
  const answer = async function* () {
    yield await new Promise<string>((resolve, reject) => {
      open.push(resolve);
      shut.push(reject);
    });
  };
  return { open, shut, answer };
}

async function* oneAnswer(): AsyncGenerator<string> {
  yield "x";
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
    for await (const _ of answersInOrder(endless(), oneAnswer, 4)) break;
    await expect.poll(() => stopped).toBe(true);
  });

  it("of one request go on while those of others are waited for, only the first ones keep the order", async () => {
    const { open, answer } = gates();
    async function* twice(request: number): AsyncGenerator<string> {
      if (request === 2) yield* answer();
      else for (let step = 0; step < 3; step++) yield `${request}.${step}`;
    }
    const answers = answersInOrder(requestsOf(1, 2, 3), twice, 8);
    const came: string[] = [];
    for (let index = 0; index < 3; index++) came.push((await answers.next()).value ?? "");
    expect(came, "what request 2 holds up is only the beginning of request 3").toEqual(["1.0", "1.1", "1.2"]);
    const rest = answers.next();
    await expect.poll(() => open.length).toBe(1);
    open[0]?.("2");
    for (let each = await rest; !each.done; each = await answers.next()) came.push(each.value);
    expect(came.slice(3)).toEqual(["2", "3.0", "3.1", "3.2"]);
  });

  it("of requests without any do not hold up the others", async () => {
    async function* some(request: number): AsyncGenerator<string> {
      if (request === 2) yield "2";
    }
    const came: string[] = [];
    for await (const each of answersInOrder(requestsOf(1, 2, 3), some, 1)) came.push(each);
    expect(came).toEqual(["2"]);
  });

  it("are asked for one ahead, however slowly they are taken", async () => {
    let asked = 0;
    async function* endless(): AsyncGenerator<number> {
      for (;;) yield ++asked;
    }
    const answers = answersInOrder(requestsOf(1), endless, 4);
    for (let taken = 1; taken <= 5; taken++) {
      expect((await answers.next()).value).toBe(taken);
      expect(asked).toBeLessThanOrEqual(taken + 1);
    }
    await answers.return();
  });
});
