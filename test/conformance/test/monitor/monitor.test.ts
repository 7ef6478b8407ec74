import type { Monitor, ServerEvent } from "@plinth/core";
import { describe, expect, it } from "vitest";
import { monitorCases, testMonitor } from "../../src/monitor/test-monitor.js";

/** Counts events by type. */
class CountingMonitor implements Monitor {
  readonly name = "counting";
  protected readonly counts = new Map<string, number>();

  async start(): Promise<void> {}

  observe({ type }: ServerEvent): void {
    this.counts.set(type, (this.counts.get(type) ?? 0) + 1);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

testMonitor("a monitor that does all right", () => new CountingMonitor());

class ThrowsAtWhatItDoesNotKnow extends CountingMonitor {
  override observe(event: ServerEvent): void {
    if (event.type.startsWith("of-a-later")) throw new Error(`unknown event ${event.type}`);
  }
}

class AnswersLater extends CountingMonitor {
  override observe(): void {
    // biome-ignore lint/correctness/noVoidTypeReturn: that is what is broken about it
    return Promise.resolve() as unknown as undefined;
  }
}

class RunsFull extends CountingMonitor {
  override observe(event: ServerEvent): void {
    super.observe(event);
    if ((this.counts.get(event.type) ?? 0) > 1_000) throw new RangeError("buffer is full");
  }
}

class DiesAfterDisposal extends CountingMonitor {
  #disposed = false;

  override observe(): void {
    if (this.#disposed) throw new Error("disposed");
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
  }
}

describe("the suite for monitors", () => {
  it.each<[string, () => Monitor]>([
    ["takes every event at once", () => new AnswersLater()],
    ["ignores events that it does not know", () => new ThrowsAtWhatItDoesNotKnow()],
    ["takes the events of a busy server", () => new RunsFull()],
    ["may be disposed", () => new DiesAfterDisposal()],
  ])("notices a monitor that fails where one %s", async (fault, create) => {
    const failing: string[] = [];
    for (const { name, run } of monitorCases) await run(create()).catch(() => failing.push(name));
    expect(failing).toEqual([expect.stringContaining(fault)]);
  });
});
