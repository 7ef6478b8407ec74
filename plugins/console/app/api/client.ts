import type { Problem } from "./documents.js";

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

export async function read<Document>(path: string, signal?: AbortSignal): Promise<Document> {
  return answerOf(await fetch(path, { headers: { accept: "application/json" }, ...(signal && { signal }) }));
}

export async function send<Document>({ method, path, body, revision, why }: Change): Promise<Document | undefined> {
  const headers = new Headers({ "plinth-who": "console" });
  if (body !== undefined) headers.set("content-type", "application/json");
  if (revision !== undefined) headers.set("if-match", `"${revision}"`);
  if (why) headers.set("plinth-why", encodeURIComponent(why));
  if (method === "POST") headers.set("idempotency-key", crypto.randomUUID());
  const response = await fetch(path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
  return response.status === 204 ? undefined : answerOf(response);
}

/** Sends a request for inference, and gives the answer as it came, good or not. */
export async function infer({
  path,
  body,
}: {
  readonly path: string;
  readonly body: string;
}): Promise<{ readonly status: number; readonly text: string; readonly ms: number }> {
  const beganAtMs = performance.now();
  const response = await fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body });
  const text = await response.text();
  return { status: response.status, text, ms: performance.now() - beganAtMs };
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
  request.responseType = "json";
  return new Promise((resolve, reject) => {
    request.upload.onprogress = ({ loaded, total }) => onProgress(total === 0 ? 1 : loaded / total);
    request.onload = () => {
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

async function answerOf<Document>(response: Response): Promise<Document> {
  const document = await response.json().catch(() => ({}));
  if (!response.ok) throw new ApiError(response.status, document as Problem);
  return document as Document;
}
