import type { Problem, Statistics } from "../api/documents.js";
import { useResource } from "../api/use-resource.js";
import { bytes, count, share } from "../parts/format.js";
import { Failure } from "../parts/notice.js";

interface StorageState {
  readonly use: string;
  readonly models: number;
  readonly versions: number;
  readonly unreadable: readonly { readonly model: string; readonly error: Problem }[];
  readonly watches: boolean;
  readonly records: { readonly writable: boolean; readonly error?: Problem };
  readonly error?: Problem;
}

/** Each look lists the storage, which may be far away. */
const SELDOM_MS = 30_000;

/** What is kept and whether it can be written, and how much of it is in memory. */
export function Storage({ memory }: Pick<Statistics, "memory">) {
  const { document, error } = useResource<StorageState>("/api/storage", SELDOM_MS);
  return (
    <section class="card" aria-labelledby="storage">
      <h2 id="storage">Storage</h2>
      <Failure error={error} />
      {document !== undefined && <StorageFacts {...document} memory={memory} />}
    </section>
  );
}

function StorageFacts({ memory, ...storage }: StorageState & Pick<Statistics, "memory">) {
  const { use, models, versions, unreadable, watches, records, error } = storage;
  return (
    <>
      {error !== undefined && <p class="failure">{error.message}</p>}
      <dl>
        <dt>Kind</dt>
        <dd>{use}</dd>
        <dt>Holds</dt>
        <dd>
          {count(versions)} {versions === 1 ? "version" : "versions"} of {count(models)}{" "}
          {models === 1 ? "model" : "models"}
        </dd>
        <dt>New versions</dt>
        <dd>{watches ? "are told of at once" : "are found by the next look"}</dd>
        <dt>Records</dt>
        <dd>
          {records.writable ? "can be written" : <span class="bad">cannot be written: {records.error?.message}</span>}
        </dd>
        <dt>In memory</dt>
        <dd>{memoryText(memory)}</dd>
      </dl>
      {unreadable.map(({ model, error: why }) => (
        <p key={model} class="failure">
          {model}: {why.message}
        </p>
      ))}
    </>
  );
}

function memoryText({ budgetBytes, usedBytes }: Statistics["memory"]): string {
  const used = `about ${bytes(usedBytes)}`;
  return budgetBytes === 0
    ? `${used}, without a bound`
    : `${used} of ${bytes(budgetBytes)} (${share(usedBytes, budgetBytes)})`;
}
