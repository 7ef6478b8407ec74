import { useState } from "preact/hooks";
import { send } from "../api/client.js";
import type { Health, Statistics } from "../api/documents.js";
import { useResource } from "../api/use-resource.js";
import { bytes, count, duration } from "../parts/format.js";
import { Empty, Failure, Loading } from "../parts/notice.js";
import { number, Table } from "../parts/table.js";

interface ReloadReport {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

/** How the server itself fares. */
export function ServerPage() {
  const health = useResource<Health>("/api/health");
  const statistics = useResource<Statistics>("/api/statistics");
  return (
    <>
      <div class="title">
        <h1>Server</h1>
        <Reload />
      </div>
      <Failure error={health.error} />
      {health.document === undefined ? (
        <Loading />
      ) : (
        <section class="card" aria-labelledby="health">
          <h2 id="health">Health</h2>
          <dl>
            <dt>Ready</dt>
            <dd>{health.document.ready ? "yes" : "no"}</dd>
            <dt>Up</dt>
            <dd>{duration(health.document.uptimeMs)}</dd>
            <dt>Memory</dt>
            <dd>{bytes(health.document.rssBytes)}</dd>
          </dl>
          <ul>
            {health.document.reasons.map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
        </section>
      )}
      {statistics.document !== undefined && <Processes {...statistics.document} />}
      {statistics.document !== undefined && <Monitors {...statistics.document} />}
    </>
  );
}

function Reload() {
  const [result, setResult] = useState("");
  const [error, setError] = useState<Error>();
  const reload = async () => {
    setError(undefined);
    try {
      const report = await send<ReloadReport>({ method: "POST", path: "/api/reload" });
      const changes = (["added", "removed", "changed"] as const).flatMap((what) => {
        const names = report?.[what] ?? [];
        return names.length === 0 ? [] : `${what}: ${names.join(", ")}`;
      });
      setResult(changes.length === 0 ? "Read again; nothing has changed." : `Read again; ${changes.join("; ")}.`);
    } catch (thrown) {
      setError(thrown instanceof Error ? thrown : new Error(String(thrown)));
    }
  };
  return (
    <div>
      <button type="button" onClick={reload}>
        Read the configuration again
      </button>
      <span role="status" class="quiet">
        {" "}
        {result}
      </span>
      <Failure error={error} />
    </div>
  );
}

function Processes({ processes }: Pick<Statistics, "processes">) {
  return (
    <section aria-labelledby="processes">
      <h2 id="processes">Processes</h2>
      <Table
        label="Table of processes"
        columns={["Process", "Role", number("Memory"), number("JavaScript heap"), number("Event loop delay, p99")]}
      >
        {processes.map(({ pid, role, rssBytes, heapUsedBytes, eventLoopDelay }) => (
          <tr key={pid}>
            <th scope="row">{pid}</th>
            <td>{role === "main" ? "main" : "front"}</td>
            <td class="number">{bytes(rssBytes)}</td>
            <td class="number">{bytes(heapUsedBytes)}</td>
            <td class="number">{duration(eventLoopDelay.p99)}</td>
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
      {monitors.length === 0 && <Empty>None is configured.</Empty>}
      <ul>
        {monitors.map(({ name, faults }) => (
          <li key={name}>
            {name}
            {faults > 0 && <span class="bad"> failed on {count(faults)} events</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}
