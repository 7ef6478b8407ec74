/**
 * Things in an order, of which the first is wanted and any may be taken out: a binary heap that knows where each of them stands. Adding,
 * taking out and moving cost the logarithm of the size.
 */
export class OrderedHeap<T extends object> {
  readonly #isBefore: (left: T, right: T) => boolean;
  readonly #items: T[] = [];
  readonly #places = new Map<T, number>();

  /** `isBefore` is a strict order; it may change for an item only together with {@link moved}. */
  constructor(isBefore: (left: T, right: T) => boolean) {
    this.#isBefore = isBefore;
  }

  get size(): number {
    return this.#items.length;
  }

  get first(): T | undefined {
    return this.#items[0];
  }

  has(item: T): boolean {
    return this.#places.has(item);
  }

  /** All of them, in no order. */
  values(): readonly T[] {
    return this.#items;
  }

  add(item: T): void {
    this.#rise(item, this.#items.push(item) - 1);
  }

  /** Does nothing where it is not in. */
  remove(item: T): void {
    const place = this.#places.get(item);
    if (place === undefined) return;
    this.#places.delete(item);
    const last = this.#items.pop();
    if (last !== undefined && last !== item) this.#settle(last, place);
  }

  /** To be called when an item that is in would now stand elsewhere. */
  moved(item: T): void {
    const place = this.#places.get(item);
    if (place !== undefined) this.#settle(item, place);
  }

  #settle(item: T, place: number): void {
    if (this.#rise(item, place) === place) this.#sink(item, place);
  }

  #rise(item: T, from: number): number {
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = this.#items[above] as T;
      if (!this.#isBefore(item, parent)) break;
      this.#put(parent, place);
      place = above;
    }
    this.#put(item, place);
    return place;
  }

  #sink(item: T, from: number): void {
    let place = from;
    for (;;) {
      const left = 2 * place + 1;
      if (left >= this.#items.length) break;
      const right = left + 1;
      const isRight = right < this.#items.length && this.#isBefore(this.#items[right] as T, this.#items[left] as T);
      const below = isRight ? right : left;
      const child = this.#items[below] as T;
      if (!this.#isBefore(child, item)) break;
      this.#put(child, place);
      place = below;
    }
    this.#put(item, place);
  }

  #put(item: T, place: number): void {
    this.#items[place] = item;
    this.#places.set(item, place);
  }
}
