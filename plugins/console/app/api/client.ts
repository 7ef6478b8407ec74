import type { Problem } from "./documents.js";
import { authorization, currentToken, tokenRefused } from "./token.js";

const UNAUTHENTICATED = 401;

/** What the server answered instead of what was asked for. */
export class ApiError extends Error {
  readonly status: number;
  readonly reason: string | undefined;

  constructor(status: number, { detail, error, title, reason }: Problem) {
    super(detail ?? error ?? title ?? `The server answered with status ${status}`);
    this.status = status;
    this.reason = reason;
  }
}

export interface Change {
  readonly method: "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
  /** The revision that it was decided on; another one by now refuses it. */
  readonly revision?: number;
  readonly why?: string;
}

/** Asks the server, with the token. @throws ApiError for an answer that is none */
export async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const shown = currentToken();
  const headers = new Headers(init.headers);
  for (const [name, value] of Object.entries(authorization())) headers.set(name, value);
  const response = await fetch(path, { ...init, headers });
  if (response.status === UNAUTHENTICATED) tokenRefused(shown);
  if (!response.ok) throw new ApiError(response.status, await response.json().catch(() => ({})));
  return response;
}

/** Whether the server takes this token, which is not kept. */
export async function isTokenKnown(token: string): Promise<boolean> {
  const { status } = await fetch("/api/health", { headers: { authorization: `Bearer ${token}` } });
  return status !== UNAUTHENTICATED;
}

export async function read<Document>(path: string, signal?: AbortSignal): Promise<Document> {
  const response = await ask(path, { headers: { accept: "application/json" }, ...(signal && { signal }) });
  return (await response.json()) as Document;
}

export async function send<Document>({ method, path, body, revision, why }: Change): Promise<Document | undefined> {
  const headers = new Headers({ "plinth-who": "console" });
  if (body !== undefined) headers.set("content-type", "application/json");
  if (revision !== undefined) headers.set("if-match", `"${revision}"`);
  if (why) headers.set("plinth-why", encodeURIComponent(why));
  if (method === "POST") headers.set("idempotency-key", randomKey());
  const response = await ask(path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
  return response.status === 204 ? undefined : ((await response.json()) as Document);
}

export interface Upload {
  readonly model: string;
  readonly files: readonly { readonly path: string; readonly file: File }[];
  /** Told the share that was sent so far. */
  readonly onProgress: (share: number) => void;
  readonly signal: AbortSignal;
}

/** Uploads files as a version under the next number, and gives that. */
export function upload({ model, files, onProgress, signal }: Upload): Promise<string> {
  const form = new FormData();
  for (const { path, file } of files) form.append("file", file, path);
  const request = new XMLHttpRequest();
  request.open("POST", `${modelPath(model)}/versions`);
  request.setRequestHeader("plinth-who", "console");
  const shown = currentToken();
  for (const [name, value] of Object.entries(authorization())) request.setRequestHeader(name, value);
  request.responseType = "json";
  return new Promise((resolve, reject) => {
    request.upload.onprogress = ({ loaded, total }) => onProgress(total === 0 ? 1 : loaded / total);
    request.onload = () => {
      if (request.status === UNAUTHENTICATED) tokenRefused(shown);
      const answer = (request.response ?? {}) as Problem & { readonly version?: { readonly version: string } };
      if (request.status < 300 && answer.version !== undefined) resolve(answer.version.version);
      else reject(new ApiError(request.status, answer));
    };
    request.onerror = () => reject(new Error("The connection to the server broke"));
    request.onabort = () => reject(signal.reason);
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(form);
  });
}

export function modelPath(model: string): string {
  return `/api/models/${encodeURIComponent(model)}`;
}

/** Browsers have `crypto.randomUUID` only where the page came over TLS or from this machine. */
function randomKey(): string {
  return [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(36)).join("-");
}
