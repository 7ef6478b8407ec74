import { useEffect, useState } from "preact/hooks";
import { moment } from "../parts/format.js";
import { type JournalSearch, LEVELS, SPANS } from "./journal-search.js";

/** Pause after a key before it is looked for, in milliseconds. */
const TYPING_MS = 300;

interface JournalFiltersProps {
  readonly search: JournalSearch;
  readonly models: readonly string[];
  readonly narrow: (changes: Partial<JournalSearch>) => void;
}

/** What is to be found; what was chosen elsewhere on the page can be taken back here. */
export function JournalFilters({ search, models, narrow }: JournalFiltersProps) {
  const [text, setText] = useState(search.text);
  useEffect(() => setText(search.text), [search.text]);
  useEffect(() => {
    if (text === search.text) return;
    const timer = window.setTimeout(() => narrow({ text }), TYPING_MS);
    return () => window.clearTimeout(timer);
  }, [text]);
  const names = models.includes(search.model) || search.model === "" ? models : [search.model, ...models];
  return (
    <search class="filters">
      <label class="field wide">
        Search
        <input
          type="search"
          maxLength={256}
          placeholder="Message, reason, request, stack …"
          value={text}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
      </label>
      <Choice label="Show" value={search.level} options={LEVELS} choose={(level) => narrow({ level })} />
      <Choice
        label="Model"
        value={search.model}
        options={{ "": "All models", ...Object.fromEntries(names.map((name) => [name, name])) }}
        choose={(model) => narrow({ model, version: "" })}
      />
      <Choice
        label="Time"
        value={search.span}
        options={Object.fromEntries(Object.entries(SPANS).map(([span, { title }]) => [span, title]))}
        choose={(span) => narrow({ span, from: "", to: "" })}
      />
      <Chosen search={search} narrow={narrow} />
    </search>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  /** Titles by value. */
  readonly options: Readonly<Record<string, string>>;
  readonly choose: (value: string) => void;
}

function Choice({ label, value, options, choose }: ChoiceProps) {
  return (
    <label class="field">
      {label}
      <select value={value} onChange={({ currentTarget }) => choose(currentTarget.value)}>
        {Object.entries(options).map(([option, title]) => (
          <option key={option} value={option}>
            {title}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Filters that have no field. */
function Chosen({ search, narrow }: Pick<JournalFiltersProps, "search" | "narrow">) {
  const { kind, reason, version, from, to } = search;
  const chosen: readonly (readonly [text: string, undo: Partial<JournalSearch>])[] = [
    ...(kind === "" ? [] : [[kind, { kind: "" }] as const]),
    ...(reason === "" ? [] : [[reason, { reason: "" }] as const]),
    ...(version === "" ? [] : [[`version ${version}`, { version: "" }] as const]),
    ...(from === "" ? [] : [[`${moment(from)} – ${to === "" ? "now" : moment(to)}`, { from: "", to: "" }] as const]),
  ];
  if (chosen.length === 0) return null;
  return (
    <ul class="chosen" aria-label="Chosen">
      {chosen.map(([text, undo]) => (
        <li key={text}>
          <button type="button" onClick={() => narrow(undo)}>
            {text} <span aria-hidden="true">×</span>
            <span class="hidden">, no longer</span>
          </button>
        </li>
      ))}
    </ul>
  );
}
