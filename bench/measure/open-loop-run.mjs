/** What became of each request of an open loop. Times are on the clock of {@link nowMs}. */
export class OpenLoopRun {
  #dueAtMs;
  #sentAtMs;
  #answeredAtMs;
  #statuses;
  #seconds;

  /** Arrays of one entry a request; the status of one without an answer is 0. */
  constructor({ dueAtMs, sentAtMs, answeredAtMs, statuses }, seconds) {
    this.#dueAtMs = dueAtMs;
    this.#sentAtMs = sentAtMs;
    this.#answeredAtMs = answeredAtMs;
    this.#statuses = statuses;
    this.#seconds = seconds;
  }

  get requests() {
    return this.#dueAtMs.length;
  }

  /** Latencies of what was answered with 200, of the requests that were due while `isWanted(dueAtMs)`. */
  latenciesMs(isWanted = () => true) {
    return this.#indexes(200)
      .filter((index) => isWanted(this.#dueAtMs[index]))
      .map((index) => this.#answeredAtMs[index] - this.#dueAtMs[index]);
  }

  /** Of what was answered with 200 while `isWanted(answeredAtMs)`: from when each was sent, so without the generator's lateness. */
  serviceMs(isWanted = () => true) {
    return this.#indexes(200)
      .filter((index) => isWanted(this.#answeredAtMs[index]))
      .map((index) => this.#answeredAtMs[index] - this.#sentAtMs[index]);
  }

  /** Requests that were answered with 200 before the schedule was over, a second. */
  goodPerSecond() {
    const endMs = this.#dueAtMs[0] + this.#seconds * 1000;
    return this.#indexes(200).filter((index) => this.#answeredAtMs[index] <= endMs).length / this.#seconds;
  }

  /** Which part of all requests had this status; 0 is no answer at all. */
  share(status) {
    return this.#indexes(status).length / this.requests;
  }

  /** How late the generator itself was, for each request: what of the latencies may be its own doing. */
  latenessMs() {
    return this.#sentAtMs.map((sentAtMs, index) => sentAtMs - this.#dueAtMs[index]);
  }

  #indexes(status) {
    return [...this.#statuses.keys()].filter((index) => this.#statuses[index] === status);
  }
}

/** The time in milliseconds, on a clock that all threads share. */
export function nowMs() {
  return performance.timeOrigin + performance.now();
}
