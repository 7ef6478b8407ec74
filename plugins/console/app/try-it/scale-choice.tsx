import { SCALES, type Scale } from "./picture-values.js";

interface ScaleChoiceProps {
  readonly scale: Scale;
  readonly choose: (scale: Scale) => void;
}

/** From which to which number dark and bright go: models differ. */
export function ScaleChoice({ scale, choose }: ScaleChoiceProps) {
  return (
    <label class="inline">
      Values from{" "}
      <select value={scale} onChange={({ currentTarget }) => choose(currentTarget.value as Scale)}>
        {Object.keys(SCALES).map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
    </label>
  );
}
