import { Link } from "wouter-preact";
import type { Model, ModelStatistics } from "../api/documents.js";
import { duration, rate, share } from "../parts/format.js";
import { Sparkline } from "../parts/sparkline.js";
import { StateBadge } from "../parts/state-badge.js";
import { number, Table } from "../parts/table.js";
import { lastMinute } from "./last-minute.js";
import { type MinutePoint, valuesByMinute } from "./minute-series.js";

interface ModelTableProps {
  readonly models: readonly Model[];
  readonly statistics: readonly ModelStatistics[];
  /** The last hour of each model. */
  readonly series: ReadonlyMap<string, readonly MinutePoint[]>;
}

const COLUMNS = ["Model", "Versions", number("Requests"), number("Errors"), number("p95")];

/** Every model with its versions, what they do now, and how the last hour was. */
export function ModelTable({ models, statistics, series }: ModelTableProps) {
  const byModel = new Map(statistics.map((each) => [each.model, each]));
  return (
    <Table label="Table of models" columns={COLUMNS} isStacked>
      {models.map((model) => (
        <ModelRow
          key={model.model}
          model={model}
          statistics={byModel.get(model.model)}
          points={series.get(model.model) ?? []}
        />
      ))}
    </Table>
  );
}

interface ModelRowProps {
  readonly model: Model;
  readonly statistics: ModelStatistics | undefined;
  readonly points: readonly MinutePoint[];
}

function ModelRow({ model: { model, versions }, statistics, points }: ModelRowProps) {
  const { requests, requestsPerSecond, failed, p95 } = lastMinute(statistics === undefined ? [] : [statistics]);
  const shown = versions.filter(({ state }) => state !== "stored" && state !== "end");
  return (
    <tr>
      <th scope="row">
        <Link href={`/models/${encodeURIComponent(model)}`}>{model}</Link>
      </th>
      <td class="whole">
        {shown.length === 0 && <span class="quiet">none in service</span>}
        {shown.map((version) => (
          <span key={version.version} class="version">
            {version.version} <StateBadge {...version} />
          </span>
        ))}
      </td>
      <td class="number third" data-title="Requests">
        <Figure
          text={rate(requestsPerSecond)}
          values={valuesByMinute(points, (point) => point.requests)}
          label={`Requests to ${model}`}
        />
      </td>
      <td class={`number third ${failed > 0 ? "bad" : ""}`} data-title="Errors">
        <Figure
          text={share(failed, requests)}
          values={valuesByMinute(points, (point) => point.failed)}
          label={`Failed requests to ${model}`}
        />
      </td>
      <td class="number third" data-title="p95">
        <Figure
          text={duration(p95)}
          values={valuesByMinute(points, (point) => point.p95 ?? 0)}
          label={`95th percentile of the latency of ${model}`}
        />
      </td>
    </tr>
  );
}

/** What it is now, and a line of how it was. */
function Figure({
  text,
  values,
  label,
}: {
  readonly text: string;
  readonly values: readonly number[];
  readonly label: string;
}) {
  return (
    <span class="now">
      <Sparkline values={values} label={`${label} in the last hour`} />
      <span>{text}</span>
    </span>
  );
}
