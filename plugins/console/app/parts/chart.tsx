import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { duration, rate } from "./format.js";

export interface Line {
  readonly label: string;
  readonly values: readonly (number | null)[];
  /** Number of a colour of the palette, and whether it is drawn in dashes. */
  readonly colour: number;
  readonly isDashed?: boolean;
}

interface ChartProps {
  readonly title: string;
  readonly unit: "/s" | "ms";
  /** In milliseconds since the epoch. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
}

/** In the page's own measure. */
const HEIGHT_REM = 11;
const FONT_REM = 0.75;
const AXIS_REM = 2;
const CLOCK = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const PALETTE = ["--line-0", "--line-1", "--line-2", "--line-3", "--line-4", "--line-5"];

/** Lines over time, with the values under the pointer. */
export function Chart({ title, unit, times, lines }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const drawn = useRef<uPlot>();
  const shape = lines.map(({ label, colour, isDashed }) => `${label}/${colour}/${isDashed}`).join();
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const plot = new uPlot(options(element, unit, lines), dataOf(times, lines), element);
    drawn.current = plot;
    const resized = new ResizeObserver(() =>
      plot.setSize({ width: element.clientWidth, height: HEIGHT_REM * remOf() }),
    );
    resized.observe(element);
    return () => {
      resized.disconnect();
      plot.destroy();
    };
  }, [shape, unit]);
  useEffect(() => drawn.current?.setData(dataOf(times, lines)), [times, lines]);
  return (
    <figure class="chart">
      <figcaption>
        {title} <span class="unit">{unit}</span>
      </figcaption>
      <div ref={place} />
    </figure>
  );
}

/** The points beside which there is no other, so that no line shows them. */
function lonePoints(plot: uPlot, series: number): number[] {
  const values = plot.data[series] ?? [];
  const isThere = (at: number) => values[at] !== null && values[at] !== undefined;
  return [...values.keys()].filter((at) => isThere(at) && !isThere(at - 1) && !isThere(at + 1));
}

function textOf(value: number, unit: ChartProps["unit"]): string {
  return unit === "ms" ? duration(value) : rate(value);
}

function remOf(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
}

function dataOf(times: readonly number[], lines: readonly Line[]): uPlot.AlignedData {
  return [times.map((time) => time / 1_000), ...lines.map(({ values }) => [...values])];
}

function options(element: HTMLElement, unit: ChartProps["unit"], lines: readonly Line[]): uPlot.Options {
  const colour = (name: string) => getComputedStyle(element).getPropertyValue(name).trim();
  const font = `${FONT_REM * remOf()}px system-ui, sans-serif`;
  const grid = { stroke: colour("--rule"), width: 1 };
  const axis = { stroke: colour("--quiet"), font, grid, ticks: { show: false } };
  const hours = { values: (_plot: uPlot, seconds: number[]) => seconds.map((second) => CLOCK.format(second * 1_000)) };
  return {
    width: element.clientWidth,
    height: HEIGHT_REM * remOf(),
    cursor: { y: false, points: { size: 6 } },
    legend: { live: true },
    scales: { x: { time: true }, y: { range: (_plot, _least, most) => [0, most > 0 ? most * 1.1 : 1] } },
    axes: [
      { ...axis, ...hours, size: AXIS_REM * remOf() },
      { ...axis, size: 3.75 * remOf() },
    ],
    series: [
      { label: "Time", value: (_plot, second) => (second === null ? "" : CLOCK.format(second * 1_000)) },
      ...lines.map(({ label, colour: number, isDashed }) => ({
        label,
        stroke: colour(PALETTE[number % PALETTE.length] ?? "--line-0"),
        width: 1.5,
        spanGaps: false,
        points: { show: true, size: 4, filter: lonePoints },
        ...(isDashed && { dash: [6, 4] }),
        value: (_plot: uPlot, value: number | null) => (value === null ? "" : textOf(value, unit)),
      })),
    ],
  };
}
