import type { Registry } from "prom-client";

type MetricKind = "counter" | "gauge" | "histogram";

export type Labels = Readonly<Record<string, string>>;

/** Most series of one metric; what comes for others is left out. */
const MAX_SERIES = 10_000;

/**
 * A metric whose series are found by a key that the caller has at hand, once for several metrics. prom-client's own look their labels up
 * at each count, which costs some microseconds a request; here it only prints.
 */
export abstract class Labelled<Series> {
  readonly name: string;
  readonly #help: string;
  readonly #type: MetricKind;
  readonly #series = new Map<string, { readonly labels: Labels; readonly series: Series }>();

  constructor(registry: Registry, type: MetricKind, name: string, help: string) {
    this.name = name;
    this.#help = help;
    this.#type = type;
    registry.registerMetric(this as unknown as Parameters<Registry["registerMetric"]>[0]);
  }

  /** The series of these labels, made where there is none. */
  series(labels: Labels): Series {
    const key = Object.values(labels).join("\n");
    const known = this.#series.get(key);
    if (known !== undefined) return known.series;
    const series = this.create();
    if (this.#series.size < MAX_SERIES) this.#series.set(key, { labels, series });
    return series;
  }

  /** Drops the series whose labels say so. */
  drop(isGone: (labels: Labels) => boolean): void {
    for (const [key, { labels }] of this.#series) if (isGone(labels)) this.#series.delete(key);
  }

  /** What prom-client prints. */
  async get(): Promise<PrintedMetric> {
    const values = [...this.#series.values()].flatMap(({ labels, series }) => this.valuesOf(labels, series));
    return { name: this.name, help: this.#help, type: this.#type, values, aggregator: "sum" };
  }

  protected abstract create(): Series;
  protected abstract valuesOf(labels: Labels, series: Series): readonly PrintedValue[];
}

export interface PrintedValue {
  readonly labels: Labels;
  readonly value: number;
  readonly metricName?: string;
}

/** A metric as prom-client's own give themselves to be printed. */
export interface PrintedMetric {
  readonly name: string;
  readonly help: string;
  readonly type: MetricKind;
  readonly values: readonly PrintedValue[];
  readonly aggregator: "sum";
}

/** Of a counter it only ever grows. */
export class Count {
  value = 0;

  add(amount = 1): void {
    this.value += amount;
  }
}

export class LabelledCounter extends Labelled<Count> {
  constructor(registry: Registry, name: string, help: string, kind: "counter" | "gauge" = "counter") {
    super(registry, kind, name, help);
  }

  protected create(): Count {
    return new Count();
  }

  protected valuesOf(labels: Labels, { value }: Count): readonly PrintedValue[] {
    return [{ labels, value }];
  }
}

/** Values by their size: how many are at most each of the bounds. */
export class Buckets {
  readonly counts: Float64Array;
  sum = 0;
  count = 0;
  readonly #bounds: readonly number[];

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.counts = new Float64Array(bounds.length);
  }

  add(value: number): void {
    this.sum += value;
    this.count++;
    let from = 0;
    let to = this.#bounds.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (value <= (this.#bounds[middle] as number)) to = middle;
      else from = middle + 1;
    }
    if (from < this.counts.length) (this.counts[from] as number)++;
  }
}

export class LabelledHistogram extends Labelled<Buckets> {
  readonly #bounds: readonly number[];

  /** @param bounds ascending, each included */
  constructor(registry: Registry, name: string, help: string, bounds: readonly number[]) {
    super(registry, "histogram", name, help);
    this.#bounds = bounds;
  }

  protected create(): Buckets {
    return new Buckets(this.#bounds);
  }

  protected valuesOf(labels: Labels, { counts, sum, count }: Buckets): readonly PrintedValue[] {
    let upTo = 0;
    const bucket = `${this.name}_bucket`;
    const buckets = this.#bounds.map((bound, index) => {
      upTo += counts[index] as number;
      return { labels: { le: String(bound), ...labels }, value: upTo, metricName: bucket };
    });
    return [
      ...buckets,
      { labels: { le: "+Inf", ...labels }, value: count, metricName: bucket },
      { labels, value: sum, metricName: `${this.name}_sum` },
      { labels, value: count, metricName: `${this.name}_count` },
    ];
  }
}
