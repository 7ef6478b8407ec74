import { type ExportResult, ExportResultCode } from "@opentelemetry/core";
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace";
import { type Logger, PlinthError } from "@plinth/core";

/** Says when spans can no longer be sent, and when they can again; those are lost that could not be. */
export class LoggedExporter implements SpanExporter {
  readonly #exporter: SpanExporter;
  readonly #logger: Logger;
  #hasFailed = false;

  constructor(exporter: SpanExporter, logger: Logger) {
    this.#exporter = exporter;
    this.#logger = logger;
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.#exporter.export(spans, (result) => {
      this.#note(result);
      done(result);
    });
  }

  async shutdown(): Promise<void> {
    await this.#exporter.shutdown();
  }

  #note({ code, error }: ExportResult): void {
    const failed = code !== ExportResultCode.SUCCESS;
    if (failed === this.#hasFailed) return;
    this.#hasFailed = failed;
    if (failed) {
      this.#logger.warn("Traces cannot be sent; they are lost until that works again", {
        error: PlinthError.from(error ?? new Error("the collector refused them")),
      });
    } else this.#logger.info("Traces can be sent again");
  }
}
