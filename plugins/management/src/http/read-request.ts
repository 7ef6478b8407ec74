import { type ChangeOrigin, PlinthError, parseModelVersion, type RouteContext } from "@plinth/core";
import type { z } from "zod";
import type { OperationParams } from "../operation.js";

/** Largest JSON body, in bytes. */
export const MAX_JSON_BYTES = 1_048_576;

/** An entity tag that is a model's revision. */
const REVISION_TAG = /^"(0|[1-9][0-9]{0,14})"$/;

/**
 * The JSON body of a request.
 *
 * @throws PlinthError `MEDIA_TYPE_UNSUPPORTED`; `REQUEST_INVALID` for what is no JSON of this form, with every fault and its path
 */
export function parseBody<T>(schema: z.ZodType<T>, text: string, mediaType: string | null): T {
  if (mediaTypeOf(mediaType) !== "application/json") throw unsupportedMediaType(["application/json"], mediaType);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new PlinthError("REQUEST_INVALID", `The body is no JSON: ${(cause as Error).message}`, { cause });
  }
  return checked(schema, value, "the body");
}

/** @throws PlinthError `REQUEST_INVALID` */
export function parseQuery<T>(schema: z.ZodType<T>, query: URLSearchParams): T {
  return checked(schema, Object.fromEntries(query), "the query");
}

function checked<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.map(({ path, message }) => ({ path: path.map(String).join("."), message }));
  const told = faults.slice(0, 10).map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
  throw new PlinthError("REQUEST_INVALID", `Something is wrong with ${what}: ${told.join("; ")}`, {
    details: { faults },
  });
}

export function mediaTypeOf(header: string | null): string {
  return (header ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

export function unsupportedMediaType(expected: readonly string[], got: string | null): PlinthError {
  return new PlinthError(
    { code: "INVALID_ARGUMENT", reason: "MEDIA_TYPE_UNSUPPORTED" },
    `Expected Content-Type ${expected.join(" or ")}, got ${got === null ? "none" : JSON.stringify(got.slice(0, 256))}`,
  );
}

/**
 * Who wants the change (the name of the token that was shown, else `Plinth-Who`), why (`Plinth-Why`), both percent-encoded UTF-8, and on which revision (`If-Match`).
 *
 * @throws PlinthError `REQUEST_INVALID`
 */
export function originOf({ headers, signal }: Request, caller: string | undefined): ChangeOrigin {
  const who = caller ?? decoded(headers.get("plinth-who"), "Plinth-Who");
  const why = decoded(headers.get("plinth-why"), "Plinth-Why");
  const expected = expectedRevision(headers.get("if-match"));
  return { who: who ?? "anonymous", why, expected, signal };
}

function decoded(value: string | null, header: string): string | undefined {
  if (value === null || value === "") return undefined;
  try {
    return decodeURIComponent(value);
  } catch (cause) {
    throw new PlinthError("REQUEST_INVALID", `Expected percent-encoded UTF-8 in ${header}`, { cause });
  }
}

function expectedRevision(tag: string | null): number | undefined {
  if (tag === null || tag.trim() === "*") return undefined;
  const [, revision] = REVISION_TAG.exec(tag.trim()) ?? [];
  if (revision !== undefined) return Number(revision);
  throw new PlinthError(
    "REQUEST_INVALID",
    `Expected one ETag of this API in If-Match, as "12", got ${tag.slice(0, 64)}`,
  );
}

/** The names and numbers in the path. */
export class PathParams implements OperationParams {
  readonly #params: RouteContext["params"];

  constructor(params: RouteContext["params"]) {
    this.#params = params;
  }

  get model(): string {
    return this.#params.get("model") ?? "";
  }

  get label(): string {
    return this.#params.get("label") ?? "";
  }

  get version(): bigint {
    const text = this.#params.get("version") ?? "";
    const version = parseModelVersion(text);
    if (version !== undefined) return version;
    throw new PlinthError("REQUEST_INVALID", `Expected the number of a version in the path, got ${quoted(text)}`);
  }

  get upload(): string {
    return this.#params.get("upload") ?? "";
  }

  get revision(): number {
    return this.#number("revision", "the number of a revision");
  }

  get index(): number {
    return this.#number("index", "the index of a file");
  }

  #number(param: string, what: string): number {
    const text = this.#params.get(param) ?? "";
    if (/^[0-9]{1,15}$/.test(text)) return Number(text);
    throw new PlinthError("REQUEST_INVALID", `Expected ${what} in the path, got ${quoted(text)}`);
  }
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 64));
}
