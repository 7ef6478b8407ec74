import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { expect } from "vitest";

/** An answer of the management API that was found to be what its OpenAPI document promises. */
export interface ApiAnswer<Document = unknown> {
  readonly status: number;
  readonly headers: Headers;
  /** Bytes where it is no JSON. */
  readonly body: Document;
}

export interface ApiOperation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<Record<string, ApiResponse>>;
}

interface ApiResponse {
  readonly content: Readonly<Record<string, { readonly schema?: object }>>;
  readonly headers?: Readonly<Record<string, object>>;
}

interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, ApiOperation>>>>;
}

/** Talks to the management API and holds each answer against the document that the server itself gives out. */
export class ManagementClient {
  readonly document: OpenApi;
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });

  private constructor(url: string, headers: Readonly<Record<string, string>>, document: OpenApi) {
    this.#url = url;
    this.#headers = headers;
    this.document = document;
    (addFormats as unknown as (ajv: Ajv2020) => void)(this.#ajv);
    this.#ajv.addSchema(document as object, "api");
  }

  /** @param headers that every request has, unless it says otherwise */
  static async connect(url: string, headers: Readonly<Record<string, string>> = {}): Promise<ManagementClient> {
    const response = await fetch(`${url}/api/openapi.json`, { headers });
    return new ManagementClient(url, headers, (await response.json()) as OpenApi);
  }

  get<Document = unknown>(path: string): Promise<ApiAnswer<Document>> {
    return this.send("GET", path);
  }

  /** Sends JSON, or bytes as they are where the headers say what they are. The caller knows what it asks for. */
  async send<Document = unknown>(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<ApiAnswer<Document>> {
    const isBytes = headers["content-type"] !== undefined;
    const response = await fetch(`${this.#url}${path}`, {
      method,
      headers: {
        ...(body !== undefined && !isBytes && { "content-type": "application/json" }),
        ...this.#headers,
        ...headers,
      },
      ...(body !== undefined && { body: (isBytes ? body : JSON.stringify(body)) as string }),
    });
    const answer = { status: response.status, headers: response.headers, body: await contentOf(response) };
    this.#check(method, path, answer);
    return answer as ApiAnswer<Document>;
  }

  /** The template of a path, and what the document says of the method; `undefined` where it does not have them. */
  operation(method: string, path: string): readonly [template: string, operation: ApiOperation] | undefined {
    const [pathname = ""] = path.split("?", 1);
    for (const [template, operations] of Object.entries(this.document.paths)) {
      const operation = operations[method.toLowerCase()];
      if (operation !== undefined && matches(template, pathname)) return [template, operation];
    }
    return undefined;
  }

  #check(method: string, path: string, { status, headers, body }: ApiAnswer): void {
    const found = this.operation(method, path);
    if (found === undefined) {
      expect(status, `${method} ${path} is not in the document`).toBeGreaterThanOrEqual(400);
      return;
    }
    const [template, { responses }] = found;
    const key = String(status) in responses ? String(status) : "default";
    const { content = {}, headers: promised = {} } = responses[key] ?? {};
    const [mediaType = ""] = Object.keys(content);
    expect(headers.get("content-type"), `${method} ${path}`).toBe(mediaType);
    if ("WWW-Authenticate" in promised) expect(headers.get("www-authenticate")).toBe('Bearer realm="plinth"');
    if ("ETag" in promised) expect(headers.get("etag"), `the ETag of ${method} ${path}`).toMatch(/^"\d+"$/);
    if (content[mediaType]?.schema === undefined) return;
    const pointer = ["paths", template, method.toLowerCase(), "responses", key, "content", mediaType, "schema"]
      .map((step) => encodeURIComponent(step.replaceAll("~", "~0").replaceAll("/", "~1")))
      .join("/");
    const validate = this.#ajv.getSchema(`api#/${pointer}`);
    validate?.(body);
    expect(validate?.errors ?? [], `${method} ${path}: ${JSON.stringify(body)}`).toEqual([]);
  }
}

async function contentOf(response: Response): Promise<unknown> {
  if (!/json/.test(response.headers.get("content-type") ?? "")) return Buffer.from(await response.arrayBuffer());
  return response.json();
}

function matches(template: string, path: string): boolean {
  const expected = template.split("/");
  const actual = path.split("/");
  return (
    expected.length === actual.length && expected.every((part, index) => part.startsWith("{") || part === actual[index])
  );
}
