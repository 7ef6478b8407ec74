interface SparklineProps {
  readonly values: readonly number[];
  /** What it shows, for those who cannot see it. */
  readonly label: string;
}

const WIDTH = 120;
const HEIGHT = 28;

/** A line without axes. */
export function Sparkline({ values, label }: SparklineProps) {
  const largest = Math.max(...values, 0);
  const step = WIDTH / Math.max(1, values.length - 1);
  const y = (value: number) => HEIGHT - 1 - (largest === 0 ? 0 : (value / largest) * (HEIGHT - 2));
  const points = values.map((value, index) => `${(index * step).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
  const area = `0,${HEIGHT} ${points} ${WIDTH},${HEIGHT}`;
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label} preserveAspectRatio="none">
      <polygon points={area} />
      <polyline points={points} fill="none" vector-effect="non-scaling-stroke" />
    </svg>
  );
}
