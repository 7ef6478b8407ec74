import type { Model, Statistics, Window } from "../api/documents.js";

/** Something that somebody should look at. */
export interface Trouble {
  /** Absent: it is the server's. */
  readonly model?: string;
  readonly why: string;
}

/** From this share of failed requests in a minute on, and from so many requests on, somebody should look at a version. */
const MANY_FAILED = 0.1;
const FEW_REQUESTS = 10;

/** What is broken, and why; the worst first. */
export function troublesOf(models: readonly Model[], statistics: Statistics | undefined): readonly Trouble[] {
  const served = new Set(models.filter((model) => model.served).map(({ model }) => model));
  const versions = (statistics?.models ?? []).filter(({ model }) => served.has(model)).flatMap((each) => each.versions);
  return [
    ...models.flatMap(brokenModel),
    ...versions.flatMap(({ model, version, executors: { died } }) =>
      died === 0 ? [] : [{ model, why: `${died} ${died === 1 ? "worker" : "workers"} of version ${version} died` }],
    ),
    ...versions.flatMap(({ model, version, minute }) =>
      hasManyFailed(minute) ? [{ model, why: `version ${version}: ${failedText(minute)}` }] : [],
    ),
    ...(statistics?.monitors ?? []).flatMap(({ name, faults }) =>
      faults === 0 ? [] : [{ why: `the monitor ${name} failed on ${faults} events` }],
    ),
  ];
}

function brokenModel({ model, served, ready, error, versions }: Model): readonly Trouble[] {
  if (!served) return [];
  if (error !== undefined) return [{ model, why: error.message ?? "cannot be read" }];
  const failed = versions.filter((version) => version.error !== undefined);
  if (failed.length > 0) {
    return failed.map((version) => ({ model, why: `version ${version.version}: ${version.error?.message}` }));
  }
  return ready ? [] : [{ model, why: "no version of it can answer" }];
}

function hasManyFailed({ requests, failed }: Window): boolean {
  return requests >= FEW_REQUESTS && failed / requests >= MANY_FAILED;
}

function failedText({ requests, failed, errors }: Window): string {
  const [most] = Object.entries(errors).sort(([, left], [, right]) => right - left);
  const percent = Math.round((100 * failed) / requests);
  return `${percent} % of its requests failed in the last minute${most === undefined ? "" : `, mostly ${most[0]}`}`;
}
