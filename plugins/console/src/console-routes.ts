import type { Route } from "@plinth/core";
import { ASSETS, type StaticFile, type StaticFiles } from "./static-files.js";

/**
 * Nothing but what the server itself sends is run or shown, nobody may put the pages into a frame, and no request leaves for another host.
 */
const SECURITY_HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
} as const;

/** The pages, which read their own paths: whatever is no file is answered with the same document. */
export function consoleRoute(files: StaticFiles, access: Route["access"]): Route {
  const handle: Route["handle"] = async (request, { params }) => {
    if (new URL(request.url).pathname === "/console") {
      return new Response(null, { status: 308, headers: { location: "/console/" } });
    }
    const path = params.get("*") ?? "";
    const file = (await files.file(path)) ?? (path.startsWith(ASSETS) ? undefined : await files.file("index.html"));
    return file === undefined ? new Response(null, { status: 404 }) : fileResponse(file, request);
  };
  return { method: "GET", path: "/console/*", access, handle };
}

function fileResponse({ body, mediaType, etag, isImmutable }: StaticFile, request: Request): Response {
  const headers = {
    ...SECURITY_HEADERS,
    etag,
    "cache-control": isImmutable ? "public, max-age=31536000, immutable" : "no-cache",
  };
  if (request.headers.get("if-none-match") === etag) return new Response(null, { status: 304, headers });
  return new Response(body, { headers: { ...headers, "content-type": mediaType } });
}
