import type { IncomingMessage } from "node:http";
import { isLoopbackAddress } from "@plinth/core";
import { schemeOf } from "./scheme-of.js";

/**
 * Whether a request comes from a program on this machine that meant this server: from a loopback address, not through a proxy,
 * and under a loopback name, so that a web page on a name that was re-bound to 127.0.0.1 gets nothing. Nor does a page of another
 * origin that a browser on this machine shows: browsers name it in `Origin` whenever a request may change something.
 */
export function isLocalCaller({ headers, socket }: IncomingMessage): boolean {
  if (headers.forwarded !== undefined || headers["x-forwarded-for"] !== undefined) return false;
  if (headers.origin !== undefined && headers.origin !== `${schemeOf(socket)}://${headers.host}`) return false;
  return isLoopbackAddress(socket.remoteAddress ?? "") && isLoopbackName(headers.host ?? "");
}

function isLoopbackName(host: string): boolean {
  const name = host.replace(/:[0-9]+$/, "").replace(/^\[(.*)\]$/, "$1");
  return name === "localhost" || isLoopbackAddress(name);
}
