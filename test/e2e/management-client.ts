import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { expect } from "vitest";

/** An answer of the management API that was found to be what its OpenAPI document promises. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look at documents of every form
  readonly body: any;
}

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly responses: Record<string, object> }>>>>;
}

/** Talks to the management API and holds each answer against the document that the server itself gives out. */
export class ManagementClient {
  readonly seen = new Set<string>();
  readonly #url: string;
  readonly #document: OpenApi;
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });

  private constructor(url: string, document: OpenApi) {
    this.#url = url;
    this.#document = document;
    (addFormats as unknown as (ajv: Ajv2020) => void)(this.#ajv);
    this.#ajv.addSchema(document as object, "api");
  }

  static async connect(url: string): Promise<ManagementClient> {
    const response = await fetch(`${url}/api/openapi.json`);
    return new ManagementClient(url, (await response.json()) as OpenApi);
  }

  get document(): OpenApi {
    return this.#document;
  }

  get(path: string): Promise<ApiAnswer> {
    return this.send("GET", path);
  }

  /** Sends JSON, or bytes as they are where the headers say what they are. */
  async send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<ApiAnswer> {
    const isBytes = headers["content-type"] !== undefined;
    const response = await fetch(`${this.#url}${path}`, {
      method,
      headers: { ...(body !== undefined && !isBytes && { "content-type": "application/json" }), ...headers },
      ...(body !== undefined && { body: (isBytes ? body : JSON.stringify(body)) as string }),
    });
    const text = await response.text();
    const answer = {
      status: response.status,
      headers: response.headers,
      body: text === "" ? undefined : JSON.parse(text),
    };
    this.#check(method.toLowerCase(), path.split("?", 1)[0] ?? "", answer);
    return answer;
  }

  #check(method: string, path: string, { status, headers, body }: ApiAnswer): void {
    const template = Object.keys(this.#document.paths).find((each) => matches(each, path, method, this.#document));
    if (template === undefined) {
      expect(status, `${method} ${path} is not in the document`).toBeGreaterThanOrEqual(400);
      return;
    }
    this.seen.add(`${method} ${template}`);
    const responses = this.#document.paths[template]?.[method]?.responses ?? {};
    const key = String(status) in responses ? String(status) : "default";
    const mediaType = key === "default" ? "application/problem+json" : "application/json";
    expect(headers.get("content-type")).toBe(mediaType);
    const pointer = ["paths", template, method, "responses", key, "content", mediaType, "schema"]
      .map((step) => encodeURIComponent(step.replaceAll("~", "~0").replaceAll("/", "~1")))
      .join("/");
    const validate = this.#ajv.getSchema(`api#/${pointer}`);
    expect(validate, `${method} ${template} ${key} has a schema`).toBeDefined();
    validate?.(body);
    expect(validate?.errors ?? [], `${method} ${path}: ${JSON.stringify(body)}`).toEqual([]);
  }
}

function matches(template: string, path: string, method: string, { paths }: OpenApi): boolean {
  const expected = template.split("/");
  const actual = path.split("/");
  return (
    paths[template]?.[method] !== undefined &&
    expected.length === actual.length &&
    expected.every((part, index) => part.startsWith("{") || part === actual[index])
  );
}
