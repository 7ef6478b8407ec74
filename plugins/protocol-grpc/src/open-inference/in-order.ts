/**
 * Answers requests as they come, several at once, each with any number of answers. The first answers come in the order of the requests, all
 * later ones as they are there. Of each request one answer is asked for ahead of its time, and the next when that was taken.
 *
 * @param atOnce as many are under way at most; then no further request is read
 * @throws what `answer` throws, after the first answers to the requests before it
 */
export async function* answersInOrder<Request, Answer>(
  requests: AsyncIterable<Request>,
  answer: (request: Request) => AsyncGenerator<Answer, void, undefined>,
  atOnce: number,
): AsyncGenerator<Answer, void, undefined> {
  const bell = new Bell();
  const arriving = new Pulled(requests[Symbol.asyncIterator](), bell);
  /** Requests whose first answer is to come, in their order. */
  const waiting: Pulled<Answer>[] = [];
  /** Requests that have had it. */
  const begun = new Set<Pulled<Answer>>();
  let isOpen = true;
  try {
    for (;;) {
      if (isOpen && waiting.length + begun.size < atOnce) {
        const request = arriving.take();
        if (request?.done === true) isOpen = false;
        else if (request !== undefined) waiting.push(new Pulled(answer(request.value), bell));
      }
      for (const each of begun) {
        const next = each.take();
        if (next?.done === true) {
          begun.delete(each);
          bell.ring();
        } else if (next !== undefined) {
          yield next.value;
        }
      }
      const [head] = waiting;
      const first = head?.take();
      if (head !== undefined && first !== undefined) {
        waiting.shift();
        bell.ring();
        if (first.done !== true) {
          yield first.value;
          begun.add(head);
        }
      }
      if (!isOpen && waiting.length + begun.size === 0) return;
      await bell.rung();
    }
  } finally {
    for (const each of [arriving, ...waiting, ...begun]) each.leave();
  }
}

/** Wakes one who waits for several things, with one promise for each time that he waits. */
class Bell {
  #isRung = true;
  #wake: (() => void) | undefined;

  readonly ring = (): void => {
    this.#isRung = true;
    this.#wake?.();
  };

  /** Settles when it was rung since this was last called. */
  async rung(): Promise<void> {
    if (!this.#isRung) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#isRung = false;
  }
}

type Step<Value> = { readonly result: IteratorResult<Value, unknown> } | { readonly thrown: unknown };

/** An iterator of which one step is under way. */
class Pulled<Value> {
  readonly #iterator: AsyncIterator<Value, unknown, undefined>;
  readonly #bell: Bell;
  #step: Step<Value> | undefined;

  constructor(iterator: AsyncIterator<Value, unknown, undefined>, bell: Bell) {
    this.#iterator = iterator;
    this.#bell = bell;
    this.#pull();
  }

  /** The step that has come, if it has; the next one is asked for then. @throws what it threw */
  take(): IteratorResult<Value, unknown> | undefined {
    const step = this.#step;
    if (step === undefined) return undefined;
    this.#step = undefined;
    if ("thrown" in step) throw step.thrown;
    if (!step.result.done) this.#pull();
    return step.result;
  }

  /** Nothing more is wanted of it. */
  leave(): void {
    // One that is under way ends when it can.
    void this.#iterator.return?.().then(nothing, nothing);
  }

  #pull(): void {
    const arrived = (step: Step<Value>) => {
      this.#step = step;
      this.#bell.ring();
    };
    this.#iterator.next().then(
      (result) => arrived({ result }),
      (thrown: unknown) => arrived({ thrown }),
    );
  }
}

function nothing(): void {}
