import { PlinthError } from "@plinth/core";
import type { GraphNode } from "@plinth/saved-model";
import { boolOf, textOf } from "../graph/attributes.js";
import type { CompileOp } from "../graph/compile-program.js";
import { readValues } from "../tensors/from-engine.js";
import { valueError } from "../value-error.js";
import { integersAt, nameOf, type Ops, tensorAt } from "./kernels.js";
import { bounded, normalised, resample, type Taps } from "./resampling.js";
import { checkSize } from "./shapes.js";

/** What each place along one side is made of. */
type Side = (inside: number, outside: number) => readonly Taps[];

const resize =
  (sideOf: (node: GraphNode) => Side): CompileOp =>
  (node) => {
    const side = sideOf(node);
    return (inputs) => {
      const images = tensorAt(inputs, 0);
      const [height = 0, width = 0] = integersAt(inputs, 1);
      const [batch = 0, insideHeight = 0, insideWidth = 0, depth = 0] = images.shape;
      checkSize([batch, height, width, depth]);
      if (height < 1 || width < 1 || insideHeight < 1 || insideWidth < 1) {
        throw valueError(`Expected images with pixels, got shape [${images.shape}] to be made [${height},${width}]`);
      }
      return resample(images, side(insideHeight, height), side(insideWidth, width));
    };
  };

function scaleOf(inside: number, outside: number, isAligned: boolean): number {
  return Math.fround(isAligned && outside > 1 ? (inside - 1) / (outside - 1) : inside / outside);
}

function each(count: number, taps: (place: number) => Taps): readonly Taps[] {
  return Array.from({ length: count }, (_, place) => taps(place));
}

/** TensorFlow looks weights up in tables of so many steps between two pixels. */
const STEPS = 1024;

/** Keys' cubic convolution (1981) of four pixels; -0.75 was taken for the parameter before pixels had their place at their middle. */
const bicubic = (node: GraphNode): Side => {
  const [isAligned, isHalf] = [boolOf(node, "align_corners"), boolOf(node, "half_pixel_centers")];
  const parameter = isHalf ? -0.5 : -0.75;
  return (inside, outside) => {
    const scale = scaleOf(inside, outside, isAligned);
    return each(outside, (place) => {
      const at = isHalf ? Math.fround(Math.fround((place + 0.5) * scale) - 0.5) : Math.fround(place * scale);
      const first = Math.floor(at);
      const step = nearestEven((at - first) * STEPS) / STEPS;
      const wanted = [first - 1, first, first + 1, first + 2];
      const weights = [1 + step, step, 1 - step, 2 - step].map((distance) => cubic(distance, parameter));
      const places = wanted.map((each) => bounded(each, inside));
      if (!isHalf) return { places, weights };
      return { places, weights: normalised(weights.map((weight, tap) => (places[tap] === wanted[tap] ? weight : 0))) };
    });
  };
};

function cubic(distance: number, a: number): number {
  const x = distance;
  return x <= 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
}

function nearestEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/** The mean of what lies under a pixel, in parts where it is not whole. */
const area = (node: GraphNode): Side => {
  const isAligned = boolOf(node, "align_corners");
  return (inside, outside) => {
    const scale = scaleOf(inside, outside, isAligned);
    return each(outside, (place) => {
      const [begin, end] = [Math.fround(place * scale), Math.fround((place + 1) * scale)];
      const covered = Array.from(
        { length: Math.ceil(end) - Math.floor(begin) },
        (_, index) => Math.floor(begin) + index,
      );
      return {
        places: covered.map((at) => bounded(at, inside)),
        weights: covered.map((at) => (Math.min(at + 1, end) - Math.max(at, begin)) / scale),
      };
    });
  };
};

/** How much a pixel counts by its distance, and up to which distance. */
interface Filter {
  readonly radius: number;
  readonly weight: (distance: number) => number;
}

const lanczos = (radius: number): Filter => ({
  radius,
  weight: (x) =>
    x <= 1e-3 ? 1 : (radius * Math.sin(Math.PI * x) * Math.sin((Math.PI * x) / radius)) / (Math.PI * x) ** 2,
});

/** TensorFlow's `SamplingKernelType`. */
const FILTERS: Readonly<Record<string, Filter>> = {
  box: { radius: 1, weight: (x) => (x < 0.5 ? 1 : x === 0.5 ? 0.5 : 0) },
  triangle: { radius: 1, weight: (x) => 1 - x },
  keyscubic: { radius: 2, weight: (x) => cubic(x, -0.5) },
  mitchellcubic: {
    radius: 2,
    weight: (x) => (x >= 1 ? ((-7 / 18) * x + 2) * x * x - (10 / 3) * x + 16 / 9 : ((7 / 6) * x - 2) * x * x + 8 / 9),
  },
  gaussian: { radius: 1.5, weight: (x) => Math.exp(-(x * x) / (2 * 0.5 ** 2)) },
  lanczos1: lanczos(1),
  lanczos3: lanczos(3),
  lanczos5: lanczos(5),
};

/** What pixels of the result, moved and scaled, are of the image; what lies outside of it is nothing. */
function filteredSide(filter: Filter, isSmoothed: boolean, scale: number, translation: number): Side {
  const [inverse, offset] = [Math.fround(1 / scale), Math.fround((-1 / scale) * translation)];
  const stretch = isSmoothed ? Math.max(inverse, 1) : 1;
  const reach = filter.radius * stretch;
  return (inside, outside) =>
    each(outside, (place) => {
      const at = Math.fround(Math.fround((place + 0.5) * inverse) + offset);
      if (at < 0 || at > inside) return { places: [], weights: [] };
      const first = bounded(Math.ceil(at - reach - 0.5), inside);
      const last = bounded(Math.floor(at + reach - 0.5), inside);
      const places = Array.from({ length: last - first + 1 }, (_, index) => first + index);
      const weights = places.map((source) => {
        const distance = Math.abs((source + 0.5 - at) / stretch);
        return distance > filter.radius ? 0 : filter.weight(distance);
      });
      return { places, weights: normalised(weights) };
    });
}

const scaleAndTranslate: CompileOp = (node) => {
  const kind = textOf(node, "kernel_type", "lanczos3");
  const filter = Object.hasOwn(FILTERS, kind) ? FILTERS[kind] : undefined;
  if (filter === undefined) throw new PlinthError("MODEL_UNSUPPORTED", `The ${nameOf(node)} samples with ${kind}`);
  const isSmoothed = boolOf(node, "antialias", true);
  return (inputs) => {
    const images = tensorAt(inputs, 0);
    const [height = 0, width = 0] = integersAt(inputs, 1);
    const [scales, moves] = [2, 3].map((input) => readValues(tensorAt(inputs, input)) as Float32Array);
    const [batch = 0, insideHeight = 0, insideWidth = 0, depth = 0] = images.shape;
    checkSize([batch, height, width, depth]);
    const side = (axis: 0 | 1) => filteredSide(filter, isSmoothed, scales?.[axis] ?? 1, moves?.[axis] ?? 0);
    return resample(images, side(0)(insideHeight, height), side(1)(insideWidth, width));
  };
};

/** Ops that make images larger and smaller, beside those that TensorFlow.js has. */
export const RESIZING: Ops = {
  ResizeArea: resize(area),
  ResizeBicubic: resize(bicubic),
  ScaleAndTranslate: scaleAndTranslate,
};
