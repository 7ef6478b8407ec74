import type { Model, Statistics } from "../api/documents.js";
import { bytes, count, duration, rate, share } from "../parts/format.js";
import { lastMinute } from "./last-minute.js";

interface TilesProps {
  readonly models: readonly Model[];
  readonly statistics: Statistics;
}

/** The whole server in a few figures, as of the last minute. */
export function Tiles({ models, statistics }: TilesProps) {
  const { requests, requestsPerSecond, failed, inFlight, queued, p95 } = lastMinute(statistics.models);
  const served = models.filter((model) => model.served);
  const ready = served.filter((model) => model.ready);
  const memory = statistics.processes.reduce((sum, { rssBytes }) => sum + rssBytes, 0);
  return (
    <dl class="tiles" aria-label="The last minute">
      <Tile
        name="Models ready"
        value={`${count(ready.length)} of ${count(served.length)}`}
        isBad={ready.length < served.length}
      />
      <Tile name="Requests" value={rate(requestsPerSecond)} />
      <Tile name="Errors" value={share(failed, requests)} isBad={failed > 0} />
      <Tile name="Slowest p95" value={duration(p95)} />
      <Tile name="In flight" value={queued === 0 ? count(inFlight) : `${count(inFlight)}, ${count(queued)} waiting`} />
      <Tile name="Memory" value={bytes(memory)} />
    </dl>
  );
}

function Tile({
  name,
  value,
  isBad = false,
}: {
  readonly name: string;
  readonly value: string;
  readonly isBad?: boolean;
}) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class={isBad ? "bad" : ""}>{value}</dd>
    </div>
  );
}
