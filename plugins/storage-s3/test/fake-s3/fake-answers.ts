import type { Answer, KeptObject } from "./fake-bucket.js";

export function errorAnswer(status: number, code: string): Answer {
  return { status, body: `<Error><Code>${code}</Code><Message>The fake store says ${code}</Message></Error>` };
}

export function uploadAnswer(id: string): Answer {
  return {
    status: 200,
    body: `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
  };
}

/** A page of ListObjectsV2; the continuation token is the last key or folder of the page before. */
export function listingAnswer(objects: ReadonlyMap<string, KeptObject>, query: URLSearchParams): Answer {
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const after = query.get("continuation-token") ?? query.get("start-after") ?? "";
  const maxKeys = Number(query.get("max-keys") ?? 1_000);
  const entries = new Map<string, KeptObject | undefined>();
  for (const [key, object] of objects) {
    if (!key.startsWith(prefix)) continue;
    const end = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
    if (end < 0) entries.set(key, object);
    else entries.set(key.slice(0, end + 1), undefined);
  }
  const start = Buffer.from(after);
  const rest = [...entries]
    .map(([name, object]) => ({ name, object, bytes: Buffer.from(name) }))
    .filter(({ bytes }) => Buffer.compare(bytes, start) > 0)
    .sort((left, right) => Buffer.compare(left.bytes, right.bytes));
  const page = rest.slice(0, maxKeys);
  const isTruncated = rest.length > page.length;
  const token = isTruncated ? `<NextContinuationToken>${xml(page.at(-1)?.name ?? "")}</NextContinuationToken>` : "";
  const items = page.map(({ name, object }) => (object === undefined ? folderXml(name) : objectXml(name, object)));
  return {
    status: 200,
    body: `<ListBucketResult><IsTruncated>${isTruncated}</IsTruncated>${token}${items.join("")}</ListBucketResult>`,
  };
}

function objectXml(key: string, { content, etag, modifiedAtMs }: KeptObject): string {
  const modified = new Date(modifiedAtMs).toISOString();
  const about = `<LastModified>${modified}</LastModified><ETag>&quot;${etag}&quot;</ETag><Size>${content.length}</Size>`;
  return `<Contents><Key>${encodeURIComponent(key)}</Key>${about}</Contents>`;
}

function folderXml(prefix: string): string {
  return `<CommonPrefixes><Prefix>${encodeURIComponent(prefix)}</Prefix></CommonPrefixes>`;
}

function xml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
