import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { parse } from "yaml";
import { ROOT } from "../architecture/source-files.js";
import { Serving, TemporaryFolder } from "./serving.js";

const DIGITS = join(ROOT, "examples", "digits");

const CONFIG = `
storage: { use: disk, root: ./models, settleMs: 0 }
monitors:
  - use: prometheus
    tensorflowServingPath: /monitoring/prometheus/metrics
    tritonPath: /triton/metrics
models:
  digits:
    versions: all
    labels: { stable: 1, canary: 2 }
    batching: { maxBatchSize: 4, maxWaitMs: 1, allowedBatchSizes: [4] }
`;

let folder: TemporaryFolder;
let serving: Serving;
let body: string;

beforeAll(async () => {
  folder = await TemporaryFolder.create();
  await cp(join(DIGITS, "models"), join(folder.path, "models"), { recursive: true });
  serving = await Serving.start(CONFIG, join(folder.path, "config.yaml"));
  body = await readFile(join(DIGITS, "seven.json"), "utf8");
  const traffic = { split: new Map([["stable", 1]]), shadow: { to: "canary", percent: 100 } };
  const origin = { who: "test", signal: new AbortController().signal };
  await serving.server.deployments.change("digits", { kind: "set-traffic", traffic }, origin);
  for (let request = 0; request < 5; request++) expect((await serving.predict("digits", body)).status).toBe(200);
  expect((await serving.predict("digits/labels/stable", "no JSON")).status).toBe(400);
  expect((await serving.predict("digits/labels/gone", body)).status).toBe(400);
  expect((await serving.predict("made-up", body)).status).toBe(404);
  await vi.waitFor(() => {
    const { agreed = 0, differed = 0 } = serving.server.models.status("digits")?.shadow ?? {};
    expect(agreed + differed).toBe(5);
  });
});

afterAll(async () => {
  await serving?.[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

async function page(path: string): Promise<string> {
  const response = await fetch(`${serving.url}${path}`);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toContain("text/plain; version=0.0.4");
  return response.text();
}

/** The values of a page by name and labels, as they are written. */
function values(text: string): ReadonlyMap<string, number> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(" ");
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

/** The labels of each metric on a page. */
function labelsByMetric(text: string): ReadonlyMap<string, ReadonlySet<string>> {
  const labels = new Map<string, Set<string>>();
  for (const line of values(text).keys()) {
    const [, name = "", inside = ""] = /^([^{]+)(?:\{(.*)\})?$/.exec(line) ?? [];
    const known = labels.get(name) ?? new Set();
    labels.set(name, known);
    for (const [, label = ""] of inside.matchAll(/(\w+)="/g)) known.add(label);
  }
  return labels;
}

describe("the metrics", () => {
  it("tell of the requests that were sent, exactly", async () => {
    const metrics = values(await page("/metrics"));
    const labels = 'model="digits",version="1",signature="serving_default",protocol="rest"';
    expect(metrics.get(`plinth_requests_total{${labels},code="OK"}`)).toBe(5);
    expect(metrics.get(`plinth_request_duration_seconds_count{${labels}}`)).toBe(5);
    for (const part of ["decode", "queue", "compute", "encode"]) {
      expect(metrics.get(`plinth_request_part_seconds_count{model="digits",version="1",part="${part}"}`)).toBe(5);
    }
    const refused = 'signature="",protocol="rest"';
    expect(metrics.get(`plinth_requests_total{model="digits",version="1",${refused},code="INVALID_ARGUMENT"}`)).toBe(1);
    expect(metrics.get(`plinth_requests_total{model="digits",version="",${refused},code="INVALID_ARGUMENT"}`)).toBe(1);
    expect(metrics.get(`plinth_requests_total{model="",version="",${refused},code="NOT_FOUND"}`)).toBe(1);
    expect(metrics.get('plinth_model_state{model="digits",version="1",state="available"}')).toBe(1);
    expect(metrics.get('plinth_model_load_seconds_count{model="digits",outcome="available"}')).toBe(2);
    expect(metrics.get('plinth_executors_started_total{model="digits",version="1"}')).toBe(0);
    expect(metrics.get("plinth_ready")).toBe(1);
    expect(metrics.get('plinth_process_memory_bytes{process="main",kind="resident"}')).toBeGreaterThan(10_000_000);
  });

  it("have no names that clients made up", async () => {
    for (const path of ["/metrics", "/monitoring/prometheus/metrics", "/triton/metrics"]) {
      expect(await page(path)).not.toMatch(/made-up|gone/);
    }
  });

  it("H20, O01, O03 are there under TensorFlow Serving's names", async () => {
    const metrics = values(await page("/monitoring/prometheus/metrics"));
    expect(metrics.get(':tensorflow:serving:request_count{model_name="digits",status="OK"}')).toBe(5);
    expect(metrics.get(':tensorflow:serving:request_count{model_name="",status="NOT_FOUND"}')).toBe(1);
    const labels = 'model_name="digits",API="predict",entrypoint="REST"';
    expect(metrics.get(`:tensorflow:serving:request_latency_count{${labels}}`)).toBe(5);
    expect(metrics.get(`:tensorflow:serving:request_latency_bucket{le="10",${labels}}`)).toBe(0);
    expect(metrics.get(':tensorflow:serving:request_example_count_total{model="digits"}')).toBe(5);
  });

  it("are there under Triton's names", async () => {
    const metrics = values(await page("/triton/metrics"));
    const labels = 'model="digits",version="1"';
    expect(metrics.get(`nv_inference_request_success{${labels}}`)).toBe(5);
    expect(metrics.get(`nv_inference_request_failure{${labels},reason="OTHER"}`)).toBe(1);
    expect(metrics.get(`nv_inference_count{${labels}}`)).toBe(5);
    expect(metrics.get(`nv_inference_exec_count{${labels}}`)).toBe(5);
    expect(metrics.get(`nv_inference_compute_infer_duration_us{${labels}}`)).toBeGreaterThan(0);
  });
});

describe("what deploy/ has for Prometheus and Grafana", () => {
  it.each<[string, (text: string) => readonly string[]]>([
    [
      "grafana/plinth-dashboard.json",
      (text) => {
        const { panels, templating } = JSON.parse(text);
        const variables = templating.list.flatMap(({ type, query }: never) => (type === "query" ? [query] : []));
        const targets = panels.flatMap(({ targets: all }: { targets: { expr: string }[] }) => all);
        return [...variables, ...targets.map(({ expr }: { expr: string }) => expr)];
      },
    ],
    [
      "prometheus/alerts.yaml",
      (text) => parse(text).groups.flatMap(({ rules }: never) => (rules as { expr: string }[]).map(({ expr }) => expr)),
    ],
  ])("%s asks only for metrics and labels that a server prints", async (file, expressionsOf) => {
    const printed = labelsByMetric(await page("/metrics"));
    const expressions = expressionsOf(await readFile(join(ROOT, "deploy", file), "utf8"));
    expect(expressions.length).toBeGreaterThan(5);
    for (const expression of expressions) {
      const asked = [...expression.matchAll(/\b(plinth_\w+)(?:\{([^}]*)\})?/g)];
      expect(asked.length, expression).toBeGreaterThan(0);
      for (const [, metric = "", selectors = ""] of asked) {
        expect(printed.has(metric), `${metric} in ${expression}`).toBe(true);
        for (const [, label = ""] of selectors.matchAll(/(\w+)\s*(?:=~|!=|=)/g)) {
          expect(printed.get(metric), `${label} of ${metric}`).toContain(label);
        }
      }
    }
  });
});
