import { sumOf, type TrafficDraft } from "./traffic-draft.js";

/** What both halves of the form are given. */
export interface TrafficFieldsProps {
  /** What requests can go to, and what people call it. */
  readonly targets: readonly { readonly target: string; readonly name: string }[];
  readonly filled: Required<TrafficDraft>;
  readonly edit: (edited: TrafficDraft) => void;
  readonly isDisabled: boolean;
}

/** A share for each version and label; the newest version gets all where nothing is said. */
export function SplitFields({ targets, filled: { shares, stickyBy }, edit, isDisabled }: TrafficFieldsProps) {
  const sum = sumOf(shares);
  return (
    <>
      {sum === 0 && <p class="quiet">All requests that name no version go to the newest that is available.</p>}
      {targets.map(({ target, name }) => (
        <label key={target} class="slider">
          <span>{name}</span>
          <input
            type="range"
            min={0}
            max={100}
            disabled={isDisabled}
            value={shares[target] ?? 0}
            onInput={({ currentTarget }) => edit({ shares: { ...shares, [target]: currentTarget.valueAsNumber } })}
          />
          <output>{sum === 0 ? "–" : `${((100 * (shares[target] ?? 0)) / sum).toFixed(0)} %`}</output>
        </label>
      ))}
      {(sum > 0 || stickyBy !== "") && (
        <label class="field">
          Sticky by <span class="hint">a header whose equal values go to the same version; empty: none</span>
          <input
            value={stickyBy}
            disabled={isDisabled}
            maxLength={256}
            spellcheck={false}
            placeholder="x-user"
            onInput={({ currentTarget }) => edit({ stickyBy: currentTarget.value.trim().toLowerCase() })}
          />
        </label>
      )}
    </>
  );
}
