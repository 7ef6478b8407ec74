import { useEffect, useState } from "preact/hooks";
import { modelPath, read } from "../api/client.js";
import type { Model, Point, VersionStatistics } from "../api/documents.js";
import { Chart, type Line } from "./chart.js";
import { Empty } from "./notice.js";
import { failedPerSecond, requestsPerSecond, STEP_MS, sinceFirst, valuesAt } from "./series.js";

/** Most versions drawn at once: more cannot be told apart. */
const MAX_VERSIONS = 6;

interface Drawn {
  readonly times: readonly number[];
  readonly series: ReadonlyMap<string, readonly Point[]>;
}

/** How each version has fared in the last hour. */
export function VersionCharts({ model }: { readonly model: Model }) {
  const versions = model.versions
    .filter(({ state }) => state !== "stored")
    .slice(0, MAX_VERSIONS)
    .map(({ version }) => version);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const drawn = useSeries(model.model, versions);
  const shown = versions.filter((version) => !hidden.has(version));
  const toggle = (version: string) =>
    setHidden((before) => {
      const after = new Set(before);
      if (!after.delete(version)) after.add(version);
      return after;
    });
  if (versions.length === 0) return <Empty>No version was loaded yet, so there is nothing to draw.</Empty>;
  const lines = (figureOf: (point: Point) => number | undefined, absent: number | null, more = "", isDashed = false) =>
    shown.map((version): Line => {
      const values = valuesAt(drawn.times, drawn.series.get(version) ?? [], figureOf, absent);
      return { label: `${version}${more}`, values, colour: versions.indexOf(version), isDashed };
    });
  return (
    <section aria-labelledby="charts">
      <h2 id="charts">Over time</h2>
      {versions.length > 1 && (
        <fieldset class="chips">
          <legend class="hidden">Versions to compare</legend>
          {versions.map((version, index) => (
            <label key={version} class={`chip line-${index}`}>
              <input type="checkbox" checked={!hidden.has(version)} onChange={() => toggle(version)} /> version{" "}
              {version}
            </label>
          ))}
        </fieldset>
      )}
      <div class="charts">
        <Chart title="Requests" unit="/s" times={drawn.times} lines={lines(requestsPerSecond, 0)} />
        <Chart title="Errors" unit="/s" times={drawn.times} lines={lines(failedPerSecond, 0)} />
        <Chart
          title="Latency, p50 and p99"
          unit="ms"
          times={drawn.times}
          lines={[
            ...lines(({ latency }) => latency?.p50, null, " p50"),
            ...lines(({ latency }) => latency?.p99, null, " p99", true),
          ]}
        />
        <Chart
          title="Computing and waiting, mean"
          unit="ms"
          times={drawn.times}
          lines={[
            ...lines(({ compute }) => compute?.mean, null, " compute"),
            ...lines(({ queue }) => queue?.mean, null, " queue", true),
          ]}
        />
      </div>
    </section>
  );
}

/** The series of all these versions, looked at each time that a new point may have come. */
function useSeries(model: string, versions: readonly string[]): Drawn {
  const [drawn, setDrawn] = useState<Drawn>({ times: sinceFirst([], Date.now()), series: new Map() });
  const key = versions.join();
  useEffect(() => {
    const leaving = new AbortController();
    const look = async () => {
      if (document.visibilityState !== "visible") return;
      const paths = versions.map((version) => `${modelPath(model)}/versions/${version}/statistics`);
      const found = await Promise.allSettled(paths.map((path) => read<VersionStatistics>(path, leaving.signal)));
      if (leaving.signal.aborted) return;
      const series = versions.map((version, index) => {
        const result = found[index];
        return [version, result?.status === "fulfilled" ? (result.value.series ?? []) : []] as const;
      });
      const points = series.map(([, each]) => each);
      setDrawn({ times: sinceFirst(points, Date.now()), series: new Map(series) });
    };
    void look();
    const timer = window.setInterval(() => void look(), STEP_MS / 2);
    return () => {
      leaving.abort();
      window.clearInterval(timer);
    };
  }, [model, key]);
  return drawn;
}
