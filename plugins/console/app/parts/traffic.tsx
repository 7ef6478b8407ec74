import { useState } from "preact/hooks";
import { modelPath, send } from "../api/client.js";
import type { Model, TrafficRules } from "../api/documents.js";
import { Confirm } from "./confirm.js";
import { Difference } from "./difference.js";

interface TrafficProps {
  readonly model: Model;
  readonly changed: () => void;
}

/** How requests that name no version are shared out, in percent; the newest version gets all where nothing is said. */
export function Traffic({ model, changed }: TrafficProps) {
  const targets = [...Object.keys(model.labels), ...model.versions.map(({ version }) => version)];
  const [edited, setEdited] = useState<Readonly<Record<string, number>>>();
  const [isAsking, setAsking] = useState(false);
  const current = percentages(model.traffic.split);
  const shares = edited ?? current;
  const pinnedBy = model.pins.traffic;
  const sum = Object.values(shares).reduce((total, percent) => total + percent, 0);
  const rules: TrafficRules = { ...model.traffic, split: withoutZeros(shares) };
  return (
    <section class="card" aria-labelledby="traffic">
      <h2 id="traffic">Traffic</h2>
      {sum === 0 && <p class="quiet">All requests that name no version go to the newest that is available.</p>}
      {targets.map((target) => (
        <label key={target} class="slider">
          <span>
            {model.labels[target] === undefined ? `version ${target}` : `${target} (${model.labels[target]})`}
          </span>
          <input
            type="range"
            min={0}
            max={100}
            disabled={pinnedBy !== undefined}
            value={shares[target] ?? 0}
            onInput={({ currentTarget }) => setEdited({ ...shares, [target]: currentTarget.valueAsNumber })}
          />
          <output>{sum === 0 ? "–" : `${((100 * (shares[target] ?? 0)) / sum).toFixed(0)} %`}</output>
        </label>
      ))}
      {pinnedBy !== undefined && <p class="quiet">The configuration says so, at {pinnedBy}: change it there.</p>}
      <div class="buttons">
        {edited !== undefined && (
          <button type="button" onClick={() => setEdited(undefined)}>
            As it is
          </button>
        )}
        <button type="button" class="primary" disabled={edited === undefined} onClick={() => setAsking(true)}>
          Share out …
        </button>
      </div>
      {isAsking && (
        <Confirm
          title={`Share out the requests of ${model.model} like this?`}
          action="Share out"
          close={() => setAsking(false)}
          confirm={async (why) => {
            const path = `${modelPath(model.model)}/traffic`;
            await send({ method: "PUT", path, body: rules, revision: model.revision, why });
            setEdited(undefined);
            changed();
          }}
        >
          <Difference before={inPercent(current)} after={inPercent(shares)} />
        </Confirm>
      )}
    </section>
  );
}

function percentages(split: TrafficRules["split"]): Readonly<Record<string, number>> {
  const sum = Object.values(split).reduce((total, weight) => total + weight, 0);
  return Object.fromEntries(
    Object.entries(split).map(([target, weight]) => [target, Math.round((100 * weight) / sum)]),
  );
}

function inPercent(shares: Readonly<Record<string, number>>): Readonly<Record<string, string>> {
  const sum = Object.values(shares).reduce((total, share) => total + share, 0);
  const entries = Object.entries(withoutZeros(shares));
  return Object.fromEntries(entries.map(([target, share]) => [target, `${((100 * share) / sum).toFixed(0)} %`]));
}

function withoutZeros(shares: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(shares).filter(([, share]) => share > 0));
}
