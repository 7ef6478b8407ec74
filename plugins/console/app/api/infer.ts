/** An answer as it came, good or not. */
export interface InferenceAnswer {
  readonly status: number;
  readonly text: string;
  /** Since it was asked for. */
  readonly ms: number;
}

interface Asked {
  readonly path: string;
  readonly body: string;
  readonly signal: AbortSignal;
}

/** Longest part of a stream that is taken in: who wants more has the lines for elsewhere. */
const MAX_STREAM_CHARACTERS = 200_000;

/** How long what comes of a stream is gathered before it is told, in milliseconds: nobody reads faster. */
const LOOK_MS = 50;

export async function infer(asked: Asked): Promise<InferenceAnswer> {
  const beganAtMs = performance.now();
  const response = await post(asked);
  const text = await response.text();
  return { status: response.status, text, ms: performance.now() - beganAtMs };
}

/**
 * Asks for a stream. Settles with all of it, or what came until `signal` aborted, or the longest part that is taken in.
 *
 * @param heard told now and then what has come so far
 */
export async function inferStream(asked: Asked, heard: (answer: InferenceAnswer) => void): Promise<InferenceAnswer> {
  const beganAtMs = performance.now();
  const { status, body } = await post(asked);
  const answer = (): InferenceAnswer => ({ status, text, ms: performance.now() - beganAtMs });
  const decoder = new TextDecoder();
  const reader = body?.getReader();
  let text = "";
  let telling: number | undefined;
  const tell = () => {
    telling = undefined;
    heard(answer());
  };
  try {
    for (let part = await reader?.read(); part !== undefined && !part.done; part = await reader?.read()) {
      text += decoder.decode(part.value, { stream: true });
      if (text.length > MAX_STREAM_CHARACTERS) await reader?.cancel();
      telling ??= window.setTimeout(tell, LOOK_MS);
    }
  } catch (error) {
    if (!asked.signal.aborted) throw error;
  } finally {
    window.clearTimeout(telling);
  }
  return answer();
}

function post({ path, body, signal }: Asked): Promise<Response> {
  return fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body, signal });
}
