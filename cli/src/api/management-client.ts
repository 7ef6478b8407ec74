import { hostname, userInfo } from "node:os";
import type { Problem } from "@plinth/management";
import { CommandFailure, EXIT_NOT_FOUND, EXIT_REFUSED, EXIT_UNREACHABLE } from "../exit.js";
import { type ClientTls, fetchOver, tlsAdvice } from "./client-tls.js";

const UNAUTHENTICATED = 401;

const ELSEWHERE = "Is it running? Name another one with --server or PLINTH_SERVER";

export interface ManagementClientOptions {
  /** As `http://127.0.0.1:8501`. */
  readonly server: string;
  /** Shown to it, where it wants one. */
  readonly token?: string | undefined;
  /** Absent: as Node speaks TLS by itself. */
  readonly tls?: ClientTls | undefined;
  /** Stands in the history. */
  readonly why?: string | undefined;
  /** Longest wait for an answer, in milliseconds. Default: as long as it takes. */
  readonly timeoutMs?: number | undefined;
}

export interface SendOptions {
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Rejects with its reason when it aborts. */
  readonly signal?: AbortSignal;
  /** A part of a file, and where in it the part begins. */
  readonly part?: { readonly bytes: Uint8Array<ArrayBuffer>; readonly offset: number };
}

/** Talks to the management API of one server. What goes wrong becomes a {@link CommandFailure} with one clear line. */
export class ManagementClient {
  readonly #server: string;
  readonly #timeoutMs: number | undefined;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #tls: ClientTls | undefined;
  #fetch: Promise<typeof fetch> | undefined;

  constructor({ server, token, tls, why, timeoutMs }: ManagementClientOptions) {
    this.#timeoutMs = timeoutMs;
    this.#tls = tls;
    this.#server = server.replace(/\/+$/, "");
    this.#headers = {
      "plinth-who": encodeURIComponent(whoAmI()),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(why !== undefined && { "plinth-why": encodeURIComponent(why) }),
    };
  }

  async get<T>(path: string): Promise<T> {
    return (await (await this.send("GET", path)).json()) as T;
  }

  /** A change; gives what the server answers. */
  async change<T>(method: "POST" | "PUT" | "PATCH" | "DELETE", path: string, options: SendOptions = {}): Promise<T> {
    return (await (await this.send(method, path, options)).json()) as T;
  }

  async send(method: string, path: string, { json, part, headers: more, signal }: SendOptions = {}): Promise<Response> {
    const body = part?.bytes ?? (json === undefined ? undefined : JSON.stringify(json));
    const headers = {
      ...this.#headers,
      ...more,
      ...(json !== undefined && { "content-type": "application/json" }),
      ...(part !== undefined && { "content-type": "application/octet-stream", "upload-offset": String(part.offset) }),
    };
    let response: Response;
    try {
      this.#fetch ??= this.#tls === undefined ? Promise.resolve(fetch) : fetchOver(this.#tls);
      const request = await this.#fetch;
      response = await request(`${this.#server}${path}`, {
        method,
        headers,
        ...(body !== undefined && { body }),
        ...(this.#timeoutMs !== undefined && { signal: AbortSignal.timeout(this.#timeoutMs) }),
        ...(signal !== undefined && { signal }),
      });
    } catch (cause) {
      signal?.throwIfAborted();
      throw new CommandFailure(
        `No Plinth server answers at ${this.#server}: ${reasonOf(cause)}. ${tlsAdvice(reasonOf(cause), this.#server.startsWith("https:")) ?? ELSEWHERE}`,
        EXIT_UNREACHABLE,
      );
    }
    if (response.ok) return response;
    throw await failureOf(response, this.#server);
  }
}

/** A path of the API out of segments that may hold anything. */
export function apiPath(...segments: readonly string[]): string {
  return `/api/${segments.map(encodeURIComponent).join("/")}`;
}

async function failureOf(response: Response, server: string): Promise<CommandFailure> {
  const text = await response.text();
  if (response.status === UNAUTHENTICATED) return tokenFailure(text, server);
  const exitCode = response.status === 404 ? EXIT_NOT_FOUND : EXIT_REFUSED;
  if (response.headers.get("content-type")?.startsWith("application/problem+json") !== true) {
    return new CommandFailure(
      `${server} answered ${response.status} to a management request: ${text.slice(0, 200)}. Is management switched off there?`,
      exitCode,
    );
  }
  const { detail, reason } = JSON.parse(text) as Problem;
  return new CommandFailure(`${detail} (${reason})`, exitCode);
}

function tokenFailure(text: string, server: string): CommandFailure {
  const [, told = text.slice(0, 200)] = /"(?:error|detail)":"([^"]*)"/.exec(text) ?? [];
  return new CommandFailure(
    `${server}: ${told}. Put it into PLINTH_TOKEN, or name its file with --token-file`,
    EXIT_REFUSED,
  );
}

function whoAmI(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    return hostname();
  }
}

function reasonOf(thrown: unknown): string {
  const { cause, message } = thrown as { readonly cause?: { readonly code?: string }; readonly message?: string };
  return cause?.code ?? message ?? String(thrown);
}
