import { useSearchParams } from "wouter-preact";
import type { Model, ModelStatistics } from "../api/documents.js";
import { type ComparedFigure, comparedFigures, WINDOWS, type WindowName } from "./compared-figures.js";
import { Scroll } from "./scroll.js";

interface VersionComparisonProps {
  readonly model: Model;
  readonly statistics: ModelStatistics | undefined;
}

/** Differences below it are noise, or nobody cares. */
const TELLING_SHARE = 0.05;

/** Two versions side by side, which the address names. */
export function VersionComparison({ model, statistics }: VersionComparisonProps) {
  const [search, setSearch] = useSearchParams();
  const counted = statistics?.versions ?? [];
  if (counted.length < 2) return null;
  const versions = counted.map(({ version }) => version);
  const [newest = "", second = ""] = versions;
  const chosen = (key: string, otherwise: string) => {
    const asked = search.get(key);
    return asked !== null && versions.includes(asked) ? asked : otherwise;
  };
  const [left, right] = [chosen("left", second), chosen("right", newest)];
  const window = (Object.keys(WINDOWS).find((name) => name === search.get("window")) ?? "minute") as WindowName;
  const set = (key: string, value: string) =>
    setSearch(
      (now) => {
        now.set(key, value);
        return now;
      },
      { replace: true },
    );
  const figures = comparedFigures(
    counted.find(({ version }) => version === left),
    counted.find(({ version }) => version === right),
    window,
  );
  return (
    <section class="card" aria-labelledby="compared">
      <h2 id="compared">Two versions side by side</h2>
      <div class="row">
        <Choice name="Version" value={left} of={versions} choose={(version) => set("left", version)} />
        <Choice name="beside version" value={right} of={versions} choose={(version) => set("right", version)} />
        <label class="field">
          in
          <select value={window} onChange={({ currentTarget }) => set("window", currentTarget.value)}>
            {Object.entries(WINDOWS).map(([name, words]) => (
              <option key={name} value={name}>
                {words}
              </option>
            ))}
          </select>
        </label>
      </div>
      <Scroll label="Table of both versions' figures">
        <table>
          <thead>
            <tr>
              <th scope="col">
                <span class="hidden">Figure of {model.model}</span>
              </th>
              <th scope="col" class="number">
                Version {left}
              </th>
              <th scope="col" class="number">
                Version {right}
              </th>
              <th scope="col" class="number">
                Difference
              </th>
            </tr>
          </thead>
          <tbody>
            {figures.map((figure) => (
              <tr key={figure.name}>
                <th scope="row">{figure.name}</th>
                <td class="number">{figure.left}</td>
                <td class="number">{figure.right}</td>
                <td class={`number ${judgement(figure)}`}>{moreText(figure.more)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly value: string;
  readonly of: readonly string[];
  readonly choose: (value: string) => void;
}

function Choice({ name, value, of, choose }: ChoiceProps) {
  return (
    <label class="field">
      {name}
      <select value={value} onChange={({ currentTarget }) => choose(currentTarget.value)}>
        {of.map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
    </label>
  );
}

function judgement({ more, isCost }: ComparedFigure): string {
  if (!isCost || more === undefined || Math.abs(more) < TELLING_SHARE) return "";
  return more > 0 ? "bad" : "good";
}

function moreText(more: number | undefined): string {
  if (more === undefined) return "–";
  const percent = Math.round(more * 100);
  return percent === 0 ? "as much" : `${percent > 0 ? "+" : "−"}${Math.abs(percent)} %`;
}
