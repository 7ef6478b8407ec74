import { Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import { LabelledCounter, LabelledHistogram } from "../src/labelled.js";

describe("a histogram", () => {
  it("O03, but by Prometheus's rule: counts each value in all buckets that hold it, bounds included", async () => {
    const registry = new Registry();
    const sizes = new LabelledHistogram(registry, "sizes", "How large", [1, 2, 4]);
    for (const value of [0.5, 1, 2, 3, 4, 5]) sizes.series({ model: "m" }).add(value);
    expect(await registry.metrics()).toBe(`# HELP sizes How large
# TYPE sizes histogram
sizes_bucket{le="1",model="m"} 2
sizes_bucket{le="2",model="m"} 3
sizes_bucket{le="4",model="m"} 5
sizes_bucket{le="+Inf",model="m"} 6
sizes_sum{model="m"} 15.5
sizes_count{model="m"} 6
`);
  });
});

describe("a counter", () => {
  it("O04 writes labels so that no name breaks out of them", async () => {
    const registry = new Registry();
    new LabelledCounter(registry, "requests_total", "Requests").series({ model: 'a"}\n{b\\' }).add();
    expect(await registry.metrics()).toContain('requests_total{model="a\\"}\\n{b\\\\"} 1\n');
  });

  it("has a bounded number of series, and drops some when told to", async () => {
    const registry = new Registry();
    const requests = new LabelledCounter(registry, "requests_total", "Requests");
    for (let series = 0; series < 10_100; series++) requests.series({ signature: String(series) }).add();
    expect((await requests.get()).values).toHaveLength(10_000);
    requests.drop(({ signature }) => signature !== "7");
    expect((await requests.get()).values).toEqual([{ labels: { signature: "7" }, value: 1 }]);
  });
});
