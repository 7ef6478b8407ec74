import { median, medians } from "./statistics.mjs";

/**
 * Loads candidates in turns (A B C, A B C, ...), so that what disturbs the machine disturbs all of them; each once to warm up first.
 *
 * @param candidates each with a `name` and `load(seconds)`, which gives an object of numbers
 */
export async function inTurns(candidates, { rounds, seconds, warmUpSeconds = Math.min(1, seconds) }) {
  const measured = new Map(candidates.map((candidate) => [candidate, []]));
  if (warmUpSeconds > 0) for (const candidate of candidates) await candidate.load(warmUpSeconds);
  for (let round = 0; round < rounds; round++) {
    for (const candidate of candidates) measured.get(candidate).push(await candidate.load(seconds));
  }
  return new Measured(measured);
}

/** What was measured of some candidates in the same rounds. */
class Measured {
  #rounds;

  constructor(rounds) {
    this.#rounds = rounds;
  }

  /** A row for each candidate: its name, the medians of its figures, and what `more` adds. */
  rows(more = () => ({})) {
    return [...this.#rounds.keys()].map((candidate) => ({
      name: candidate.name,
      ...this.of(candidate),
      ...more(candidate),
    }));
  }

  of(candidate) {
    return medians(this.#rounds.get(candidate));
  }

  /** How many times as much one candidate has of something as another: the median of the ratios of each round. */
  ratio(key, candidate, floor) {
    const floors = this.#rounds.get(floor);
    return median(this.#rounds.get(candidate).map((round, index) => round[key] / floors[index][key]));
  }
}
