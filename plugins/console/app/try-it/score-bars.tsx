import { shownScores } from "./answer-outputs.js";

/** Most bars; of more scores, the highest. */
const MAX_BARS = 12;

const WIDTH = 100;

interface ScoreBarsProps {
  readonly name: string;
  readonly scores: readonly number[];
  /** What the classes are called, in the same order. */
  readonly labels?: readonly string[];
}

/** Scores of classes as bars, by their labels, else numbered by their places. */
export function ScoreBars({ name, scores, labels }: ScoreBarsProps) {
  const shown = shownScores(scores, MAX_BARS);
  const highest = Math.max(...scores);
  const [least, most] = [Math.min(0, ...scores), Math.max(0, highest)];
  const scale = WIDTH / (most - least || 1);
  const isTiny = Math.max(most, -least) < 0.001;
  return (
    <figure class="scores">
      <table>
        <caption class="hidden">{name}</caption>
        <tbody>
          {shown.map(([place, score]) => (
            <tr key={place} class={score === highest ? "highest" : ""}>
              <th scope="row">{labels?.[place] ?? place}</th>
              <td class="bar">
                <svg viewBox={`0 0 ${WIDTH} 10`} preserveAspectRatio="none" aria-hidden="true">
                  <rect x={(Math.min(0, score) - least) * scale} width={Math.abs(score) * scale} height={10} />
                </svg>
              </td>
              <td class="number">{isTiny ? score.toExponential(2) : scoreText(score)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {scores.length > shown.length && (
        <figcaption class="quiet">
          The {shown.length} highest of {scores.length}.
        </figcaption>
      )}
    </figure>
  );
}

function scoreText(score: number): string {
  return Math.abs(score) >= 100_000 ? score.toExponential(2) : score.toFixed(4);
}
