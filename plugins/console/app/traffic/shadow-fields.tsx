import type { TrafficFieldsProps } from "./split-fields.js";

/** Least share of the requests that can be typed here, in percent. */
const LEAST_PERCENT = 0.01;

/** To which version a share of the requests is mirrored, if to any. */
export function ShadowFields({ targets, filled, edit, isDisabled }: TrafficFieldsProps) {
  const { shadowTo, shadowPercent } = filled;
  const isKnown = shadowTo === "" || targets.some(({ target }) => target === shadowTo);
  return (
    <>
      <p class="quiet">
        Another version answers a share of the requests as well. Its answers are compared with those that clients get,
        and dropped.
      </p>
      <div class="row">
        <label class="field">
          Mirror to
          <select
            value={shadowTo}
            disabled={isDisabled}
            onChange={({ currentTarget }) => edit({ shadowTo: currentTarget.value })}
          >
            <option value="">nowhere</option>
            {targets.map(({ target, name }) => (
              <option key={target} value={target}>
                {name}
              </option>
            ))}
            {!isKnown && <option value={shadowTo}>{shadowTo}</option>}
          </select>
        </label>
        {shadowTo !== "" && (
          <label class="field">
            Percent of the requests
            <input
              type="number"
              class="figure"
              required
              min={LEAST_PERCENT}
              max={100}
              step="any"
              value={shadowPercent}
              disabled={isDisabled}
              onInput={({ currentTarget }) => edit({ shadowPercent: currentTarget.value })}
            />
          </label>
        )}
      </div>
    </>
  );
}
