import { useEffect, useRef } from "preact/hooks";
import { Link } from "wouter-preact";
import { useResource } from "../api/use-resource.js";
import { duration, momentWithSeconds } from "../parts/format.js";
import { Failure, Loading } from "../parts/notice.js";
import type { Entry } from "./journal-documents.js";
import { whose } from "./journal-groups.js";
import type { JournalSearch } from "./journal-search.js";
import { LevelBadge } from "./level-badge.js";

interface JournalEntryProps {
  readonly id: string;
  readonly narrow: (changes: Partial<JournalSearch>) => void;
  readonly close: () => void;
}

/** One entry with all that is known of it. */
export function JournalEntry({ id, narrow, close }: JournalEntryProps) {
  const { document: entry, error } = useResource<Entry>(`/api/journal/entries/${encodeURIComponent(id)}`, 0);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), [entry?.id]);
  return (
    <section class="card entry" aria-labelledby="entry">
      <div class="title">
        <h2 id="entry" tabIndex={-1} ref={heading}>
          {entry === undefined ? `Entry ${id}` : (entry.reason ?? entry.kind)}
        </h2>
        <button type="button" onClick={close}>
          Close
        </button>
      </div>
      <Failure error={error} />
      {entry === undefined ? error === undefined && <Loading /> : <EntryFacts entry={entry} narrow={narrow} />}
    </section>
  );
}

function EntryFacts({ entry, narrow }: { readonly entry: Entry } & Pick<JournalEntryProps, "narrow">) {
  const { level, kind, reason = "", model, version, message, stack, inputs, outputs, details } = entry;
  return (
    <>
      <p class="told">{message}</p>
      <dl>
        <dt>When</dt>
        <dd>{momentWithSeconds(entry.at)}</dd>
        <dt>What</dt>
        <dd>
          <LevelBadge level={level}>{level}</LevelBadge> {kind}
        </dd>
        <dt>Of</dt>
        <dd>
          {model === undefined ? (
            whose(entry)
          ) : (
            <Link href={`/models/${encodeURIComponent(model)}`}>{whose(entry)}</Link>
          )}
        </dd>
        {factsOf(entry).map(([name, value]) => (
          <>
            <dt key={`${name}-name`}>{name}</dt>
            <dd key={name}>{value}</dd>
          </>
        ))}
      </dl>
      {stack !== undefined && <Block title="Stack" text={stack} isOpen />}
      {details !== undefined && <Block title="Details" text={json(details)} isOpen={stack === undefined} />}
      {inputs !== undefined && <Block title="Inputs" text={json(inputs)} />}
      {outputs !== undefined && <Block title="Outputs" text={json(outputs)} />}
      <div class="buttons">
        <button type="button" onClick={() => narrow({ kind, reason, model: model ?? "", version: version ?? "" })}>
          Others like it
        </button>
        {entry.requestId !== undefined && (
          <button type="button" onClick={() => narrow({ text: entry.requestId ?? "" })}>
            All of this request
          </button>
        )}
      </div>
    </>
  );
}

function Block({
  title,
  text,
  isOpen = false,
}: {
  readonly title: string;
  readonly text: string;
  readonly isOpen?: boolean;
}) {
  return (
    <details open={isOpen}>
      <summary>{title}</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: without it nobody could move it from the keyboard */}
      <pre tabIndex={0}>{text}</pre>
    </details>
  );
}

/** What else is known, by what people call it. */
function factsOf(entry: Entry): readonly (readonly [string, string])[] {
  const facts: readonly (readonly [string, string | undefined])[] = [
    ["Code", entry.code],
    ["Signature", entry.signature],
    ["Protocol", entry.protocol],
    ["Took", entry.durationMs === undefined ? undefined : duration(entry.durationMs)],
    ["Request", entry.requestId],
    ["Trace", entry.traceparent],
    ["Entry", String(entry.id)],
  ];
  return facts.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}

function json(value: unknown): string {
  return JSON.stringify(value, undefined, 2);
}
