import { useSearchParams } from "wouter-preact";
import type { Model, ModelStatistics } from "../api/documents.js";
import { type ComparedFigure, comparedFigures, WINDOWS, type WindowName } from "./compared-figures.js";
import { Empty } from "./notice.js";
import { number, Table } from "./table.js";
import "./figures.css";

interface VersionFiguresProps {
  readonly model: Model;
  readonly statistics: ModelStatistics | undefined;
}

/** Differences below it are noise, or nobody cares. */
const TELLING_SHARE = 0.05;

/** From here on nobody counts in percent. */
const MANY_TIMES = 10;

const NONE = "none";

/** The figures of a version, beside those of another one; the address says which, and of what time. */
export function VersionFigures({ model, statistics }: VersionFiguresProps) {
  const [search, setSearch] = useSearchParams();
  const counted = statistics?.versions ?? [];
  const versions = counted.map(({ version }) => version);
  const [newest, second = NONE] = versions;
  if (newest === undefined) return null;
  const chosen = (key: string, otherwise: string) => {
    const asked = search.get(key);
    return asked !== null && [...versions, NONE].includes(asked) ? asked : otherwise;
  };
  const [left, right] = [chosen("version", newest), chosen("beside", second)];
  const window = (Object.keys(WINDOWS).find((name) => name === search.get("in")) ?? "minute") as WindowName;
  const set = (key: string, value: string) =>
    setSearch(
      (now) => {
        now.set(key, value);
        return now;
      },
      { replace: true },
    );
  const [one, other] = [left, right].map((side) => counted.find(({ version }) => version === side));
  const wasAsked = [one, other].some((side) => (side?.[window].requests ?? 0) > 0);
  const columns = [{ title: `Figure of ${model.model}`, isHidden: true }, number(`Version ${left}`)];
  return (
    <section class="card figures" aria-labelledby="figures">
      <h2 id="figures">Figures</h2>
      <div class="row">
        <Choice name="Version" value={left} of={versions} choose={(version) => set("version", version)} />
        {versions.length > 1 && (
          <Choice name="beside" value={right} of={[NONE, ...versions]} choose={(version) => set("beside", version)} />
        )}
        <label class="field">
          in
          <select value={window} onChange={({ currentTarget }) => set("in", currentTarget.value)}>
            {Object.entries(WINDOWS).map(([name, words]) => (
              <option key={name} value={name}>
                {words}
              </option>
            ))}
          </select>
        </label>
      </div>
      {wasAsked ? (
        <Table
          label="Table of figures"
          columns={other === undefined ? columns : [...columns, number(`Version ${right}`), number(`Against ${right}`)]}
        >
          {comparedFigures(one, other, window).map((figure) => (
            <tr key={figure.name}>
              <th scope="row">{figure.name}</th>
              <td class="number">{figure.left}</td>
              {other !== undefined && (
                <>
                  <td class="number">{figure.right}</td>
                  <td class={`number ${judgement(figure)}`}>{moreText(figure.more)}</td>
                </>
              )}
            </tr>
          ))}
        </Table>
      ) : (
        <Empty>Nothing was asked in {WINDOWS[window]}.</Empty>
      )}
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
  if (more >= MANY_TIMES - 1) return `${Math.round(more + 1)} times`;
  const percent = Math.round(more * 100);
  return percent === 0 ? "as much" : `${percent > 0 ? "+" : "−"}${Math.abs(percent)} %`;
}
