import { useState } from "preact/hooks";
import { send } from "../api/client.js";
import { useResource } from "../api/use-resource.js";
import { ago } from "../parts/format.js";
import { Failure } from "../parts/notice.js";
import type { ConfigurationDocument } from "./configuration.js";

interface ReloadReport {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
  readonly unavailable: Readonly<Record<string, string>>;
}

/** Has the configuration read again, and says what came of it: of this time, or of the last, whoever wanted it. */
export function Reload() {
  const [report, setReport] = useState<ReloadReport>();
  const [error, setError] = useState<Error>();
  const [isUnderWay, setUnderWay] = useState(false);
  const { document, reload: lookAgain } = useResource<ConfigurationDocument>("/api/config", 15_000);
  const last = document?.lastReload;
  const reload = async () => {
    setUnderWay(true);
    setError(undefined);
    setReport(undefined);
    try {
      setReport(await send<ReloadReport>({ method: "POST", path: "/api/reload" }));
    } catch (thrown) {
      setError(thrown instanceof Error ? thrown : new Error(String(thrown)));
    }
    setUnderWay(false);
    lookAgain();
  };
  return (
    <section class="card" aria-labelledby="reload">
      <div class="title">
        <h2 id="reload">Reload</h2>
        <button type="button" disabled={isUnderWay} onClick={reload}>
          Read the configuration again
        </button>
      </div>
      <p role="status">{report === undefined ? lastText(last) : reportText(report)}</p>
      {Object.entries(report?.unavailable ?? {}).map(([model, why]) => (
        <p key={model} class="failure">
          {why}
        </p>
      ))}
      <Failure error={error} />
      {error === undefined && report === undefined && last?.error !== undefined && (
        <p class="failure">{last.error.message}</p>
      )}
    </section>
  );
}

function lastText(last: ConfigurationDocument["lastReload"]): string {
  if (last === undefined) return "Runs by what was read at the start.";
  return last.error === undefined
    ? `Read again and applied ${ago(last.at)}.`
    : `Read again ${ago(last.at)} and not applied; everything goes on as it was:`;
}

function reportText(report: ReloadReport): string {
  const changes = (["added", "removed", "changed"] as const).flatMap((what) =>
    report[what].length === 0 ? [] : `${what}: ${report[what].join(", ")}`,
  );
  return changes.length === 0 ? "Read again; nothing has changed." : `Read again and applied; ${changes.join("; ")}.`;
}
