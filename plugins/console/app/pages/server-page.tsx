import { Link } from "wouter-preact";
import type { Health, List, Model, Statistics } from "../api/documents.js";
import { useResource } from "../api/use-resource.js";
import { bytes, count, duration } from "../parts/format.js";
import { Empty, Failure, Loading } from "../parts/notice.js";
import { number, Table } from "../parts/table.js";
import { useTitle } from "../parts/use-title.js";
import { Configuration } from "../server/configuration.js";
import { Executors } from "../server/executors.js";
import { Plugins } from "../server/plugins.js";
import { Reload } from "../server/reload.js";
import { Storage } from "../server/storage.js";

/** How the server itself fares, what it is made of, and what it runs by. */
export function ServerPage() {
  useTitle("Server");
  const health = useResource<Health>("/api/health");
  const { document: statistics } = useResource<Statistics>("/api/statistics");
  const { document: models } = useResource<List<Model>>("/api/models", 10_000);
  return (
    <>
      <h1>Server</h1>
      <Failure error={health.error} />
      <div class="columns narrow">
        {health.document === undefined ? (
          health.error === undefined && <Loading />
        ) : (
          <HealthCard {...health.document} />
        )}
        {statistics !== undefined && <Storage {...statistics} />}
        <Reload />
      </div>
      {statistics !== undefined && <Processes {...statistics} />}
      {statistics !== undefined && <Executors statistics={statistics} models={models} />}
      <div class="columns">
        <Plugins />
        {statistics !== undefined && <Monitors {...statistics} />}
      </div>
      <Configuration />
    </>
  );
}

function HealthCard({ ready, reasons, uptimeMs, rssBytes }: Health) {
  return (
    <section class="card" aria-labelledby="health">
      <h2 id="health">Health</h2>
      <dl>
        <dt>Ready</dt>
        <dd class={ready ? "good" : "bad"}>{ready ? "yes" : "no"}</dd>
        <dt>Up</dt>
        <dd>{duration(uptimeMs)}</dd>
        <dt>Memory</dt>
        <dd>{bytes(rssBytes)}</dd>
      </dl>
      {reasons.map((reason) => (
        <p key={reason} class="failure">
          {reason}
        </p>
      ))}
      <p>
        <Link href="/errors?level=error">Errors</Link>
      </p>
    </section>
  );
}

function Processes({ processes }: Pick<Statistics, "processes">) {
  return (
    <section aria-labelledby="processes">
      <h2 id="processes">Processes</h2>
      <Table
        label="Table of processes"
        columns={[
          "Process",
          "Role",
          number("Memory"),
          number("JavaScript heap"),
          number("Event loop delay, p99"),
          number("Most"),
        ]}
        isStacked
      >
        {processes.map(({ pid, role, rssBytes, heapUsedBytes, eventLoopDelay }) => (
          <tr key={pid}>
            <th scope="row" class="figure" data-title="Process">
              {pid}
            </th>
            <td class="whole">{role === "main" ? "main" : "front"}</td>
            <td class="number third" data-title="Memory">
              {bytes(rssBytes)}
            </td>
            <td class="number third" data-title="JavaScript heap">
              {bytes(heapUsedBytes)}
            </td>
            <td class="number third" data-title="Delay, p99">
              {duration(eventLoopDelay.p99)}
            </td>
            <td class="number third" data-title="Most">
              {duration(eventLoopDelay.max)}
            </td>
          </tr>
        ))}
      </Table>
    </section>
  );
}

function Monitors({ monitors }: Pick<Statistics, "monitors">) {
  return (
    <section aria-labelledby="monitors">
      <h2 id="monitors">Monitors</h2>
      {monitors.length === 0 ? (
        <Empty>None is configured.</Empty>
      ) : (
        <Table label="Table of monitors" columns={["Monitor", number("Events it failed on")]}>
          {monitors.map(({ name, faults }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td class={`number ${faults > 0 ? "bad" : ""}`}>{count(faults)}</td>
            </tr>
          ))}
        </Table>
      )}
    </section>
  );
}
