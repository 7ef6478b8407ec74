import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import type { Revision } from "../api/documents.js";
import { useResource } from "../api/use-resource.js";
import { describeRevision } from "./describe-revision.js";
import { Difference } from "./difference.js";
import { moment } from "./format.js";
import { Failure } from "./notice.js";

interface CompareRevisionsProps {
  /** Numbers of revisions, as they stand in the address; empty: not chosen. */
  readonly from: string;
  readonly to: string;
  readonly choose: (from: string, to: string) => void;
}

/** How two revisions of one model differ: what it was after the one and after the other. */
export function CompareRevisions({ from, to, choose }: CompareRevisionsProps) {
  const [left, setLeft] = useState(from);
  const [right, setRight] = useState(to);
  const submit = (event: Event) => {
    event.preventDefault();
    choose(left, right);
  };
  return (
    <section class="card" aria-labelledby="compare">
      <h2 id="compare">Compare two revisions</h2>
      <form class="row" onSubmit={submit}>
        <RevisionField label="From" value={left} change={setLeft} />
        <RevisionField label="To" value={right} change={setRight} />
        <button type="submit">Compare</button>
      </form>
      {from !== "" && to !== "" && <Compared key={`${from} ${to}`} from={from} to={to} />}
    </section>
  );
}

interface RevisionFieldProps {
  readonly label: string;
  readonly value: string;
  readonly change: (value: string) => void;
}

function RevisionField({ label, value, change }: RevisionFieldProps) {
  return (
    <label class="field">
      {label}
      <input
        type="number"
        class="figure"
        required
        min={1}
        step={1}
        value={value}
        onInput={({ currentTarget }) => change(currentTarget.value)}
      />
    </label>
  );
}

function Compared({ from, to }: Pick<CompareRevisionsProps, "from" | "to">) {
  const left = useResource<Revision>(`/api/history/${encodeURIComponent(from)}`, 0);
  const right = useResource<Revision>(`/api/history/${encodeURIComponent(to)}`, 0);
  const [before, after] = [left.document, right.document];
  if (before === undefined || after === undefined) return <Failure error={left.error ?? right.error} />;
  if (before.model !== after.model) {
    return (
      <p class="failure" role="alert">
        #{before.revision} is of {before.model} and #{after.revision} of {after.model}: only revisions of one model can
        be compared.
      </p>
    );
  }
  return (
    <div role="status">
      <p>
        <Link href={`/models/${encodeURIComponent(before.model)}`}>{before.model}</Link> after #{before.revision} (
        {describeRevision(before)}, {moment(before.at)}) and after #{after.revision} ({describeRevision(after)},{" "}
        {moment(after.at)}):
      </p>
      <Difference before={before.after} after={after.after} />
    </div>
  );
}
