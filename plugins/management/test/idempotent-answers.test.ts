import { describe, expect, it } from "vitest";
import { IdempotentAnswers } from "../src/http/idempotent-answers.js";

describe("answers to requests with a key", () => {
  it("are made once, also for requests at the same time", async () => {
    const answers = new IdempotentAnswers();
    let made = 0;
    const ask = () => answers.answer("key", "POST /a", async () => new Response(String(++made)));
    const responses = await Promise.all([ask(), ask(), ask()]);
    expect(await Promise.all(responses.map((response) => response.text()))).toEqual(["1", "1", "1"]);
  });

  it("are not given to another request", async () => {
    const answers = new IdempotentAnswers();
    await answers.answer("key", "POST /a", async () => new Response("a"));
    const other = answers.answer("key", "POST /b", async () => new Response("b"));
    await expect(other).rejects.toMatchObject({ reason: "IDEMPOTENCY_KEY_REUSED" });
  });

  it("are made anew after a failure of the server", async () => {
    const answers = new IdempotentAnswers();
    const statuses = [503, 200];
    const ask = () => answers.answer("key", "POST /a", async () => new Response("", { status: statuses.shift() ?? 0 }));
    expect([(await ask()).status, (await ask()).status]).toEqual([503, 200]);
  });

  it("are forgotten, the oldest first, past a thousand", async () => {
    const answers = new IdempotentAnswers();
    for (let key = 0; key <= 1_000; key++)
      await answers.answer(`key-${key}`, "POST /a", async () => new Response("old"));
    const ask = (key: string) => answers.answer(key, "POST /a", async () => new Response("new"));
    expect(await (await ask("key-1")).text()).toBe("old");
    expect(await (await ask("key-0")).text()).toBe("new");
  });

  it.each(["", "a b", "ä", "x".repeat(256)])("are refused for the key %j", async (key) => {
    const asked = new IdempotentAnswers().answer(key, "POST /a", async () => new Response(""));
    await expect(asked).rejects.toMatchObject({ reason: "REQUEST_INVALID" });
  });
});
