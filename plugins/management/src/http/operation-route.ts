import { PlinthError, type Route, type RouteContext } from "@plinth/core";
import type { KnownPath } from "../described-routes.js";
import type { Answer, Management, Operation } from "../operation.js";
import type { IdempotentAnswers } from "./idempotent-answers.js";
import { problemResponse, problemStatus } from "./problem.js";
import {
  MAX_JSON_BYTES,
  mediaTypeOf,
  originOf,
  PathParams,
  parseBody,
  parseQuery,
  unsupportedMediaType,
} from "./read-request.js";

/** Serves one operation. */
export function operationRoute(operation: Operation, management: Management, answers: IdempotentAnswers): Route {
  const { method, path, id, upload } = operation;
  return {
    method,
    path,
    access: "management",
    maxBodyBytes: upload === undefined ? MAX_JSON_BYTES : management.options.maxUploadBytes,
    async handle(request, context) {
      const { pathname } = new URL(request.url);
      try {
        return await answerOnce(operation, request, context, management, answers);
      } catch (thrown) {
        const error = PlinthError.from(thrown);
        if (problemStatus(error) >= 500) management.logger.error(`${id} failed`, { error });
        return problemResponse(error, pathname);
      }
    },
  };
}

/** Answers every other path below `/api`, and other methods, with a problem as well. */
export const otherPaths: readonly ((known: () => readonly KnownPath[]) => Route)[] = (
  ["GET", "POST", "PUT", "PATCH", "DELETE"] as const
).map((method) => (known) => ({
  method,
  path: "/api/*",
  access: "management",
  handle: (request) => notFound(known(), request),
}));

function notFound(known: readonly KnownPath[], { method, url }: Request): Response {
  const { pathname } = new URL(url);
  const allowed = known.filter(({ path }) => matches(path, pathname)).map(({ method: its }) => its);
  if (allowed.length === 0) {
    const message = `There is nothing at ${method} ${pathname.slice(0, 256)}; GET /api leads on, /api/openapi.json lists all`;
    return problemResponse(new PlinthError({ code: "NOT_FOUND", reason: "ROUTE_NOT_FOUND" }, message), pathname);
  }
  const allow = [...new Set(allowed)].join(", ");
  const message = `Expected ${allow} on ${pathname.slice(0, 256)}, got ${method}`;
  const error = new PlinthError({ code: "INVALID_ARGUMENT", reason: "METHOD_NOT_ALLOWED" }, message);
  return problemResponse(error, pathname, { allow });
}

function matches(path: string, pathname: string): boolean {
  const expected = path.split("/");
  const actual = pathname.split("/");
  return (
    expected.length === actual.length && expected.every((part, index) => part.startsWith(":") || part === actual[index])
  );
}

async function answerOnce(
  operation: Operation,
  request: Request,
  context: RouteContext,
  management: Management,
  answers: IdempotentAnswers,
): Promise<Response> {
  const { method, upload } = operation;
  if (upload !== undefined) checkUpload(upload, request);
  const text = upload !== undefined || request.body === null ? "" : await request.text();
  const work = () => answer(operation, request, text, context, management);
  const key = request.headers.get("idempotency-key");
  if (key === null || method !== "POST") return work();
  const { pathname, search } = new URL(request.url);
  const content = upload === undefined ? text : digestOf(request);
  return answers.answer(key, JSON.stringify([method, pathname, search, content]), work);
}

async function answer(
  operation: Operation,
  request: Request,
  text: string,
  { params, caller }: RouteContext,
  management: Management,
): Promise<Response> {
  const { body, query, changes } = operation;
  const origin = changes ? originOf(request, caller) : { who: "reader", signal: request.signal };
  const call = {
    params: new PathParams(params),
    body: body && parseBody(body, text, request.headers.get("content-type")),
    query: query && parseQuery(query, new URL(request.url).searchParams),
    request,
    origin,
  };
  return responseOf(operation, await operation.handle(call, management));
}

function responseOf(
  { answer: { status, mediaType = "application/json" } }: Operation,
  { body, revision, headers }: Answer,
): Response {
  return new Response(body instanceof ReadableStream ? body : JSON.stringify(body), {
    status,
    headers: {
      "content-type": mediaType,
      "cache-control": "no-store",
      ...(revision !== undefined && { etag: `"${revision}"` }),
      ...headers,
    },
  });
}

function checkUpload(mediaTypes: readonly string[], { headers }: Request): void {
  const mediaType = headers.get("content-type");
  if (!mediaTypes.includes(mediaTypeOf(mediaType))) throw unsupportedMediaType(mediaTypes, mediaType);
}

/** What tells one upload from another before it is read. */
function digestOf({ headers }: Request): string {
  const digest = headers.get("content-digest") ?? headers.get("repr-digest");
  if (digest !== null) return digest;
  throw new PlinthError(
    "REQUEST_INVALID",
    "An upload with an Idempotency-Key needs Content-Digest, by which it is known when it comes again; or upload to a version's number " +
      "with PUT, which is done once at most",
  );
}
