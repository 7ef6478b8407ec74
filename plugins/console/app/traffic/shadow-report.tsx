import { modelPath } from "../api/client.js";
import type { Model } from "../api/documents.js";
import { useResource } from "../api/use-resource.js";
import { count, share } from "../parts/format.js";

interface TrafficDocument {
  readonly shadow?: {
    readonly version: string;
    readonly agreed: number;
    readonly differed: number;
    readonly failed: number;
    readonly dropped: number;
    readonly maxDifference?: number;
  };
}

const OUTCOMES = ["agreed", "differed", "failed"] as const;

const WORDS: Readonly<Record<(typeof OUTCOMES)[number], string>> = {
  agreed: "gave the same answer",
  differed: "gave another answer",
  failed: "failed there",
};

const WIDTH = 100;

/** What came of the requests that are mirrored to another version, as the rules in force say. */
export function ShadowReport({ model: { model, traffic } }: { readonly model: Model }) {
  const rule = traffic.shadow;
  const { document } = useResource<TrafficDocument>(rule === undefined ? undefined : `${modelPath(model)}/traffic`);
  if (rule === undefined) return null;
  const report = document?.shadow;
  const compared = OUTCOMES.reduce((sum, outcome) => sum + (report?.[outcome] ?? 0), 0);
  let drawn = 0;
  return (
    <div class="shadow">
      <p>
        {rule.percent} % are mirrored to {rule.to}
        {report !== undefined && report.version !== rule.to && ` (version ${report.version})`}. What came of it since
        that was loaded:
      </p>
      {report === undefined || compared === 0 ? (
        <p class="quiet">Nothing was mirrored yet.</p>
      ) : (
        <>
          <svg viewBox={`0 0 ${WIDTH} 4`} preserveAspectRatio="none" aria-hidden="true">
            {OUTCOMES.map((outcome) => {
              const x = (drawn * WIDTH) / compared;
              drawn += report[outcome];
              return (
                <rect key={outcome} class={outcome} x={x} width={(report[outcome] * WIDTH) / compared} height={4} />
              );
            })}
          </svg>
          <dl>
            {rowsOf(report, compared).map(([words, figure, kind]) => (
              <div key={words}>
                <dt class={kind}>{words}</dt>
                <dd class="number">{figure}</dd>
              </div>
            ))}
          </dl>
        </>
      )}
    </div>
  );
}

function rowsOf(
  report: NonNullable<TrafficDocument["shadow"]>,
  compared: number,
): readonly (readonly [words: string, figure: string, kind?: string])[] {
  const { dropped, maxDifference } = report;
  return [
    ...OUTCOMES.map((outcome) => {
      const figure = `${count(report[outcome])} (${share(report[outcome], compared)})`;
      return [WORDS[outcome], figure, report[outcome] > 0 ? outcome : ""] as const;
    }),
    ...(dropped > 0 ? ([["left out, since too many were under way", count(dropped)]] as const) : []),
    ...(maxDifference === undefined
      ? []
      : ([["largest difference of two numbers", maxDifference.toPrecision(3)]] as const)),
  ];
}
