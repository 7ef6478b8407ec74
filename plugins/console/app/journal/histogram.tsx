import { count, moment } from "../parts/format.js";
import type { JournalSummary, Step } from "./journal-documents.js";

/** Stretches of time that the span is divided into. */
export const STEPS = 60;

const HEIGHT = 72;
const LEVELS = ["info", "warn", "error"] as const;

interface HistogramProps {
  readonly summary: JournalSummary;
  /** Called with a stretch of time that was chosen, as ISO 8601. */
  readonly choose: (from: string, to: string) => void;
}

/** How much happened when, in bars of what it was; a bar leads to its own stretch of time. */
export function Histogram({ summary, choose }: HistogramProps) {
  const { since, until, stepMs, steps, total } = summary;
  const [sinceMs, untilMs] = [Date.parse(since), Date.parse(until)];
  const most = Math.max(1, ...steps.map(sumOf));
  const label = `${count(total)} entries from ${moment(since)} to ${moment(until)}`;
  return (
    <figure class="histogram">
      <svg viewBox={`0 0 ${STEPS} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
        {steps.map((step) => {
          const atMs = Date.parse(step.at);
          const from = step.at;
          const to = new Date(Math.min(untilMs, atMs + stepMs)).toISOString();
          return (
            // biome-ignore lint/a11y/noStaticElementInteractions: the fields above narrow the time from the keyboard
            <g key={step.at} onClick={() => choose(from, to)}>
              <title>{`${moment(from)}: ${count(sumOf(step))}`}</title>
              <rect class="behind" x={(atMs - sinceMs) / stepMs} y={0} width={1} height={HEIGHT} />
              {barsOf(step, most).map(({ level, y, height }) => (
                <rect
                  key={level}
                  class={level}
                  x={(atMs - sinceMs) / stepMs + 0.08}
                  y={y}
                  width={0.84}
                  height={height}
                />
              ))}
            </g>
          );
        })}
      </svg>
      <figcaption>
        <span>{moment(since)}</span>
        <span class="quiet">at most {count(most)} at once</span>
        <span>{moment(until)}</span>
      </figcaption>
    </figure>
  );
}

/** One on top of the other, the worst at the bottom; what there is can be seen however little it is. */
function barsOf(step: Step, most: number) {
  let y = HEIGHT;
  return [...LEVELS].reverse().flatMap((level) => {
    if (step[level] === 0) return [];
    const height = Math.max(2, (step[level] / most) * (HEIGHT - 2));
    y -= height;
    return [{ level, y: Math.max(0, y), height }];
  });
}

function sumOf({ info, warn, error }: Step): number {
  return info + warn + error;
}
