/** The urgencies of RFC 9218, 0 to 7. */
const URGENCY = /^u=([0-7])$/;

/** That of requests that name none. */
const DEFAULT_URGENCY = 3;

/**
 * A request's {@link InferCall.priority} as the header `priority` says it (https://www.rfc-editor.org/rfc/rfc9218#section-4), over HTTP and in the
 * metadata of gRPC alike: `u=0`, the most urgent, is 3, `u=7` is -4, and `u=3` is 0, as where nothing is said. What else stands there, or
 * is none of this, means nothing, as the RFC wants it.
 */
export function requestPriority(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  let urgency: string | undefined;
  for (const member of header.split(",")) urgency = URGENCY.exec(member.split(";", 1)[0]?.trim() ?? "")?.[1] ?? urgency;
  return urgency === undefined ? undefined : DEFAULT_URGENCY - Number(urgency);
}
