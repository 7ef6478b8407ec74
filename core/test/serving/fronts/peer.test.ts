import { describe, expect, it } from "vitest";
import { PlinthError } from "../../../src/index.js";
import { Peer, type PeerMessage } from "../../../src/serving/fronts/peer.js";

interface Counting {
  add(numbers: readonly [bigint, bigint]): Promise<bigint>;
  fail(): Promise<void>;
  note(word: string): Promise<void>;
}

/** Two peers, the second of which counts; messages between them are cloned. */
function connected() {
  const noted: string[] = [];
  const counting: Counting = {
    add: async ([left, right]) => left + right,
    fail: async () => {
      throw new PlinthError("CHANGE_INVALID", "too many", { details: { limit: 3 } });
    },
    note: async (word) => {
      noted.push(word);
      if (word === "bad") throw new Error("not that");
    },
  };
  const sent: PeerMessage[] = [];
  const pass = (to: () => { receive(message: PeerMessage): void }) => (message: PeerMessage) => {
    sent.push(message);
    const clone = structuredClone(message);
    queueMicrotask(() => to().receive(clone));
  };
  const caller: Peer<Counting> = new Peer<Counting>(
    pass(() => counter),
    {},
  );
  const counter: Peer<Record<never, never>> = new Peer<Record<never, never>>(
    pass(() => caller),
    counting,
  );
  return { caller, noted, sent };
}

describe("a peer", () => {
  it("does its duties as if it were here", async () => {
    const { caller } = connected();
    expect(await Promise.all([caller.call("add", [1n, 2n]), caller.call("add", [3n, 4n])])).toEqual([3n, 7n]);
    await expect(caller.call("fail", undefined)).rejects.toMatchObject({ message: "too many", details: { limit: 3 } });
  });

  it("is told things whose outcome nobody waits for", async () => {
    const { caller, noted, sent } = connected();
    caller.tell("note", "bad");
    await caller.call("note", "good");
    expect(noted).toEqual(["bad", "good"]);
    expect(sent.map(({ type }) => type)).toEqual(["tell", "call", "answer"]);
  });

  it("refuses what is no duty of its", async () => {
    const { caller } = connected();
    await expect(caller.call("missing" as "fail", undefined)).rejects.toThrow('got "missing"');
  });

  it("that has gone answers nobody any more", async () => {
    const { caller, noted, sent } = connected();
    const waiting = caller.call("add", [1n, 2n]);
    const gone = new PlinthError("EXECUTOR_DIED", "it has gone");
    caller.end(gone);
    await expect(waiting).rejects.toBe(gone);
    await expect(caller.call("add", [1n, 2n])).rejects.toBe(gone);
    caller.tell("note", "late");
    expect([noted, sent.filter(({ type }) => type === "tell")]).toEqual([[], []]);
  });
});
