import { createHash } from "node:crypto";
import { PlinthError } from "@plinth/core";

/** Keys that are remembered, the oldest are forgotten first, and for how long, in milliseconds. */
const MAX_KEYS = 1_000;
const RETENTION_MS = 24 * 3_600_000;

/** Letters, digits and signs that a header carries without quoting; 1 to 255 of them. */
const KEY = /^[\x21-\x7e]{1,255}$/;

interface Remembered {
  readonly fingerprint: string;
  readonly atMs: number;
  /** Settles when the first request is answered. */
  readonly answer: Promise<Response>;
}

/**
 * The answers to requests that came with an `Idempotency-Key`, so that one that is sent again, because its answer was lost on the
 * way, is done once. Kept in this process's memory.
 */
export class IdempotentAnswers {
  readonly #remembered = new Map<string, Remembered>();

  /**
   * The answer to the first request with this key, made by `work` where there was none. A failure of the server's is not
   * remembered, so that it can be tried again.
   *
   * @throws PlinthError `REQUEST_INVALID` for a key that is none, `IDEMPOTENCY_KEY_REUSED` where it came with another request
   */
  async answer(key: string, request: string, work: () => Promise<Response>): Promise<Response> {
    if (!KEY.test(key)) {
      throw new PlinthError(
        "REQUEST_INVALID",
        "Expected an Idempotency-Key of 1 to 255 printable ASCII characters without spaces",
      );
    }
    const fingerprint = createHash("sha256").update(request).digest("hex");
    const known = this.#fresh(key);
    if (known !== undefined) {
      if (known.fingerprint !== fingerprint) throw reused(key);
      return (await known.answer).clone();
    }
    const answer = work();
    this.#remember(key, { fingerprint, atMs: Date.now(), answer });
    const response = await answer;
    if (response.status >= 500) this.#remembered.delete(key);
    return response.clone();
  }

  #fresh(key: string): Remembered | undefined {
    const known = this.#remembered.get(key);
    return known !== undefined && Date.now() - known.atMs < RETENTION_MS ? known : undefined;
  }

  #remember(key: string, remembered: Remembered): void {
    this.#remembered.delete(key);
    this.#remembered.set(key, remembered);
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size > MAX_KEYS && oldest !== undefined) this.#remembered.delete(oldest);
  }
}

function reused(key: string): PlinthError {
  return new PlinthError(
    { code: "INVALID_ARGUMENT", reason: "IDEMPOTENCY_KEY_REUSED" },
    `The Idempotency-Key ${JSON.stringify(key)} came with another request before; take a new key for each request`,
  );
}
