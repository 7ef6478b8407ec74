import type { IncomingHttpHeaders } from "node:http";
import { type RequestOrigin, requestOrigin } from "@plinth/core";

/** Who asked over REST, for monitors. */
export function restOrigin(headers: IncomingHttpHeaders, method: string, receivedAtMs: number): RequestOrigin {
  return requestOrigin({ protocol: "rest", method, receivedAtMs }, (name) => {
    const value = headers[name];
    return typeof value === "string" ? value : undefined;
  });
}
