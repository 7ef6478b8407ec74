import type { IncomingMessage } from "node:http";

/** The path that a request names, as it was sent, without a query. */
export function pathnameOf({ url = "" }: IncomingMessage): string {
  const query = url.indexOf("?");
  return query === -1 ? url : url.slice(0, query);
}
