/**
 * Answers requests as they come, several at once, and gives the answers in the order of the requests.
 *
 * @param atOnce as many are under way at most; then no further request is read
 * @throws what `answer` throws, after the answers before it
 */
export async function* answersInOrder<Request, Answer>(
  requests: AsyncIterable<Request>,
  answer: (request: Request) => Promise<Answer>,
  atOnce: number,
): AsyncGenerator<Answer> {
  const iterator = requests[Symbol.asyncIterator]();
  const pending: Promise<Answer>[] = [];
  let reading: Promise<IteratorResult<Request>> | undefined = iterator.next();
  try {
    while (reading !== undefined || pending.length > 0) {
      const [first] = pending;
      const mayRead = reading !== undefined && pending.length < atOnce;
      const arrived: IteratorResult<Request> | undefined =
        reading === undefined || !mayRead
          ? undefined
          : await Promise.race(first === undefined ? [reading] : [reading, settled(first)]);
      if (arrived === undefined) {
        yield await (pending.shift() as Promise<Answer>);
      } else if (arrived.done === true) {
        reading = undefined;
      } else {
        const answering = answer(arrived.value);
        // Whoever fails is told of when it is his turn.
        answering.catch(() => {});
        pending.push(answering);
        reading = iterator.next();
      }
    }
  } finally {
    reading?.catch(() => {});
    void iterator.return?.();
  }
}

function settled(answer: Promise<unknown>): Promise<undefined> {
  return answer.then(
    () => undefined,
    () => undefined,
  );
}
