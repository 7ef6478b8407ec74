/** Reads server-sent events of one answer, whose data are JSON. */
export class EventReader {
  readonly #reader: ReadableStreamDefaultReader<string>;
  #text = "";

  constructor(response: Response) {
    if (response.body === null) throw new Error("Expected a body");
    this.#reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** The data of the next event; `undefined` after the last. */
  async next(): Promise<unknown> {
    for (;;) {
      const end = this.#text.indexOf("\n\n");
      if (end !== -1) {
        const event = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 2);
        return JSON.parse(event.replace(/^data: /, ""));
      }
      const { done, value } = await this.#reader.read();
      if (done) return undefined;
      this.#text += value;
    }
  }
}
