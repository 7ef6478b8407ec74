import { describe, expect, it } from "vitest";
import { OrderedHeap } from "../../../src/serving/execution/ordered-heap.js";

interface Item {
  key: number;
}

/** Numbers from 0 up to, without, `end`, the same ones in each run. */
function* pseudoRandom(end: number): Generator<number, never> {
  let state = 42;
  for (;;) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    yield state % end;
  }
}

describe("an ordered heap", () => {
  it("always knows the first, whatever is added, taken out and moved", () => {
    const heap = new OrderedHeap<Item>((left, right) => left.key < right.key);
    const model: Item[] = [];
    const random = pseudoRandom(1_000);
    for (let step = 0; step < 5_000; step++) {
      const what = random.next().value % 4;
      const picked = model[random.next().value % Math.max(1, model.length)];
      if (what < 2 || picked === undefined) {
        const item = { key: random.next().value };
        model.push(item);
        heap.add(item);
      } else if (what === 2) {
        model.splice(model.indexOf(picked), 1);
        heap.remove(picked);
        expect(heap.has(picked)).toBe(false);
      } else {
        picked.key = random.next().value;
        heap.moved(picked);
      }
      expect(heap.size).toBe(model.length);
      if (model.length > 0) expect(heap.first?.key).toBe(Math.min(...model.map(({ key }) => key)));
    }
  });

  it("takes no notice of what is not in it", () => {
    const heap = new OrderedHeap<Item>((left, right) => left.key < right.key);
    heap.remove({ key: 1 });
    heap.moved({ key: 1 });
    expect(heap.first).toBeUndefined();
  });
});
