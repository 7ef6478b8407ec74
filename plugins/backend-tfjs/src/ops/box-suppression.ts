import { boolOf } from "../graph/attributes.js";
import type { CompileOp } from "../graph/compile-program.js";
import { readValues } from "../tensors/from-engine.js";
import { makeTensor } from "../tensors/to-engine.js";
import { integerVector } from "./elements.js";
import { numberAt, type Ops, plain, tensorAt } from "./kernels.js";
import { checkSize } from "./shapes.js";

type Numbers = ArrayLike<number>;

/** A box that was kept. */
interface Detection {
  readonly box: Numbers;
  readonly score: number;
  readonly place: number;
  readonly kind: number;
}

/** How much of both boxes together lies in both; corners may stand in any order. */
function overlapOf(a: Numbers, b: Numbers): number {
  const [topA, leftA, bottomA, rightA] = sidesOf(a);
  const [topB, leftB, bottomB, rightB] = sidesOf(b);
  const [areaA, areaB] = [(bottomA - topA) * (rightA - leftA), (bottomB - topB) * (rightB - leftB)];
  if (areaA <= 0 || areaB <= 0) return 0;
  const height = Math.max(Math.min(bottomA, bottomB) - Math.max(topA, topB), 0);
  const width = Math.max(Math.min(rightA, rightB) - Math.max(leftA, leftB), 0);
  return (height * width) / (areaA + areaB - height * width);
}

function sidesOf(box: Numbers): readonly [number, number, number, number] {
  const [y1 = 0, x1 = 0, y2 = 0, x2 = 0] = Array.from(box);
  return [Math.min(y1, y2), Math.min(x1, x2), Math.max(y1, y2), Math.max(x1, x2)];
}

/** Places of the best ones, best first, of which none overlaps a better one too much. */
function suppress(
  scores: Numbers,
  most: number,
  leastScore: number,
  overlaps: (kept: number, place: number) => boolean,
): number[] {
  const kept: number[] = [];
  const candidates = Array.from(scores, (_, place) => place).filter((place) => (scores[place] as number) > leastScore);
  candidates.sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b);
  for (const place of candidates) {
    if (kept.length >= most) break;
    if (!kept.some((other) => overlaps(other, place))) kept.push(place);
  }
  return kept;
}

/** Boxes are suppressed within a kind each, and the best of all kinds are given: boxes, scores, kinds, and how many there are. */
const combined: CompileOp = (node) => {
  const [isPadded, isClipped] = [boolOf(node, "pad_per_class"), boolOf(node, "clip_boxes", true)];
  return (inputs) => {
    const [boxes, scores] = [tensorAt(inputs, 0), tensorAt(inputs, 1)];
    const [batch = 0, places = 0, boxKinds = 1] = boxes.shape;
    const kinds = scores.shape[2] ?? 0;
    const [perKind, total, most, least] = [2, 3, 4, 5].map((input) => numberAt(inputs, input)) as [
      number,
      number,
      number,
      number,
    ];
    const count = isPadded ? Math.min(total, perKind * kinds) : total;
    checkSize([batch, count, 4]);
    const [corners, values] = [readValues(boxes) as Float32Array, readValues(scores) as Float32Array];
    const result = {
      boxes: new Float32Array(batch * count * 4),
      scores: new Float32Array(batch * count),
      kinds: new Float32Array(batch * count),
      counts: new Int32Array(batch),
    };
    for (let image = 0; image < batch; image++) {
      const found: Detection[] = [];
      for (let kind = 0; kind < kinds; kind++) {
        const boxAt = (place: number) => {
          const begin = ((image * places + place) * boxKinds + (boxKinds === 1 ? 0 : kind)) * 4;
          return corners.subarray(begin, begin + 4);
        };
        const own = Float32Array.from(
          { length: places },
          (_, place) => values[(image * places + place) * kinds + kind] as number,
        );
        const kept = suppress(own, perKind, least, (a, b) => overlapOf(boxAt(a), boxAt(b)) > most);
        for (const place of kept) found.push({ box: boxAt(place), score: own[place] as number, place, kind });
      }
      found.sort((a, b) => b.score - a.score || a.place - b.place || a.kind - b.kind);
      for (const [index, { box, score, kind }] of found.slice(0, count).entries()) {
        const to = image * count + index;
        result.boxes.set(
          Array.from(box, (side) => (isClipped ? Math.min(Math.max(side, 0), 1) : side)),
          to * 4,
        );
        result.scores[to] = score;
        result.kinds[to] = kind;
      }
      result.counts[image] = Math.min(found.length, count);
    }
    return [
      makeTensor(result.boxes, [batch, count, 4], "float32"),
      makeTensor(result.scores, [batch, count], "float32"),
      makeTensor(result.kinds, [batch, count], "float32"),
      makeTensor(result.counts, [batch], "int32"),
    ];
  };
};

/** As the others, but how much boxes overlap is given. */
const withOverlaps: CompileOp = plain((inputs) => {
  const overlaps = readValues(tensorAt(inputs, 0)) as Float32Array;
  const scores = readValues(tensorAt(inputs, 1)) as Float32Array;
  const most = numberAt(inputs, 3);
  const isOver = (kept: number, place: number) => (overlaps[place * scores.length + kept] as number) > most;
  return integerVector(suppress(scores, numberAt(inputs, 2), numberAt(inputs, 4), isOver));
});

/** Ops of object detectors, beside those that TensorFlow.js has. */
export const BOX_SUPPRESSION: Ops = {
  CombinedNonMaxSuppression: combined,
  NonMaxSuppressionWithOverlaps: withOverlaps,
};
