import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

/** A span as it stands in OTLP's JSON. https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding */
export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
  readonly status: { readonly code: number };
}

interface Export {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: CollectedSpan["attributes"] };
    readonly scopeSpans: readonly { readonly spans: readonly CollectedSpan[] }[];
  }[];
}

/** A small peer of OpenTelemetry's collector: takes traces over OTLP/HTTP as JSON, and can be made to refuse, or to hang. */
export class Collector implements AsyncDisposable {
  readonly spans: CollectedSpan[] = [];
  readonly resources: CollectedSpan["attributes"][] = [];
  readonly headers: (string | undefined)[] = [];
  answers: "well" | "never" | "with 400" = "well";
  readonly #server: Server;

  private constructor() {
    this.#server = createServer(async (request, response) => {
      this.headers.push(request.headers["x-key"] as string | undefined);
      const { resourceSpans } = (await json(request)) as Export;
      if (this.answers === "never") return;
      if (this.answers === "well") {
        for (const { resource, scopeSpans } of resourceSpans) {
          this.resources.push(resource.attributes);
          this.spans.push(...scopeSpans.flatMap(({ spans }) => spans));
        }
      }
      response.writeHead(this.answers === "well" ? 200 : 400, { "content-type": "application/json" }).end("{}");
    });
  }

  static async start(): Promise<Collector> {
    const collector = new Collector();
    collector.#server.listen(0, "127.0.0.1");
    await once(collector.#server, "listening");
    return collector;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1/traces`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }
}
