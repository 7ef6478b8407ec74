import { describe, expect, it } from "vitest";
import type { VersionStatistics, Window } from "../../app/api/documents.js";
import { comparedFigures } from "../../app/parts/compared-figures.js";

const latency = (ms: number) => ({ mean: ms, p50: ms, p95: 2 * ms, p99: 3 * ms, max: 4 * ms });

function statistics(window: Partial<Window>): VersionStatistics {
  const full = { requests: 0, requestsPerSecond: 0, failed: 0, errors: {}, ...window };
  return { minute: full, tenMinutes: full, hour: full } as unknown as VersionStatistics;
}

describe("figures of two versions", () => {
  const slow = statistics({ requests: 200, failed: 10, latency: latency(30) });
  const fast = statistics({ requests: 100, failed: 1, latency: latency(20) });
  const figure = (name: string, left: VersionStatistics | undefined, right: VersionStatistics | undefined) =>
    comparedFigures(left, right, "minute").find((each) => each.name === name);

  it("tell how much more the first has than the second", () => {
    expect(figure("Latency, p50", slow, fast)).toMatchObject({ left: "30.0 ms", right: "20.0 ms", more: 0.5 });
    expect(figure("Requests", slow, fast)).toMatchObject({ left: "200", right: "100", more: 1, isCost: false });
    expect(figure("Errors", slow, fast)).toMatchObject({ left: "5.00 %", right: "1.00 %", more: 4, isCost: true });
  });

  it("say nothing where there is nothing to compare", () => {
    expect(figure("Latency, p50", slow, statistics({}))).toMatchObject({ right: "–", more: undefined });
    expect(figure("Requests", slow, statistics({}))).toMatchObject({ right: "0", more: undefined });
    expect(figure("Errors", slow, undefined)).toMatchObject({ right: "–", more: undefined });
  });
});
