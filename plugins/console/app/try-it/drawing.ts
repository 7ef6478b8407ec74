/** Ink on a small sheet, each pixel from 0 to 1, row by row. */
export interface Sheet {
  readonly width: number;
  readonly height: number;
  readonly ink: Float32Array;
}

export interface Spot {
  readonly x: number;
  readonly y: number;
}

/** As thick as the lines of MNIST, in parts of the sheet's width: half of it full of ink, then fading. */
const PEN_RADIUS = 1.6 / 28;

/** Of MNIST, whose digits fill a square of 20 pixels in the middle of 28. */
const FITTED_SHARE = 20 / 28;

export function blankSheet(width: number, height: number): Sheet {
  return { width, height, ink: new Float32Array(width * height) };
}

/** The sheet with a stroke from one spot to another, in pixels. */
export function withStroke({ width, height, ink }: Sheet, from: Spot, to: Spot): Sheet {
  const drawn = ink.slice();
  const radius = Math.max(1, PEN_RADIUS * width);
  const steps = Math.max(1, Math.ceil(Math.hypot(to.x - from.x, to.y - from.y) * 2));
  for (let step = 0; step <= steps; step++) {
    const x = from.x + ((to.x - from.x) * step) / steps;
    const y = from.y + ((to.y - from.y) * step) / steps;
    for (let row = Math.max(0, Math.floor(y - radius)); row <= Math.min(height - 1, Math.ceil(y + radius)); row++) {
      for (
        let column = Math.max(0, Math.floor(x - radius));
        column <= Math.min(width - 1, Math.ceil(x + radius));
        column++
      ) {
        const distance = Math.hypot(column + 0.5 - x, row + 0.5 - y) / radius;
        const at = row * width + column;
        drawn[at] = Math.max(drawn[at] ?? 0, Math.min(1, Math.max(0, 2 - 2 * distance)));
      }
    }
  }
  return { width, height, ink: drawn };
}

/**
 * The drawing as MNIST would have it: scaled to a square in the middle, keeping its proportions, with its centre of mass in the
 * centre of the sheet. https://yann.lecun.com/exdb/mnist/
 */
export function fitted(sheet: Sheet): Sheet {
  const box = boxOf(sheet);
  if (box === undefined) return sheet;
  const { width, height } = sheet;
  const scale = (FITTED_SHARE * Math.min(width, height)) / Math.max(box.right - box.left, box.bottom - box.top);
  const centre = centreOf(sheet);
  const made = blankSheet(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const fromX = centre.x + (x + 0.5 - width / 2) / scale;
      const fromY = centre.y + (y + 0.5 - height / 2) / scale;
      made.ink[y * width + x] = inkAt(sheet, fromX - 0.5, fromY - 0.5);
    }
  }
  return made;
}

function boxOf({ width, ink }: Sheet): { left: number; right: number; top: number; bottom: number } | undefined {
  let box: { left: number; right: number; top: number; bottom: number } | undefined;
  for (let at = 0; at < ink.length; at++) {
    if ((ink[at] ?? 0) < 0.1) continue;
    const [x, y] = [at % width, Math.floor(at / width)];
    box ??= { left: x, right: x + 1, top: y, bottom: y + 1 };
    box.left = Math.min(box.left, x);
    box.right = Math.max(box.right, x + 1);
    box.bottom = y + 1;
  }
  return box;
}

function centreOf({ width, ink }: Sheet): Spot {
  let [sum, sumX, sumY] = [0, 0, 0];
  for (let at = 0; at < ink.length; at++) {
    const mass = ink[at] ?? 0;
    sum += mass;
    sumX += mass * ((at % width) + 0.5);
    sumY += mass * (Math.floor(at / width) + 0.5);
  }
  return { x: sumX / sum, y: sumY / sum };
}

/** Between the four pixels around a place whose whole numbers are the middles of pixels. */
function inkAt({ width, height, ink }: Sheet, x: number, y: number): number {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [right, bottom] = [x - left, y - top];
  const at = (column: number, row: number) =>
    column < 0 || row < 0 || column >= width || row >= height ? 0 : (ink[row * width + column] ?? 0);
  return (
    at(left, top) * (1 - right) * (1 - bottom) +
    at(left + 1, top) * right * (1 - bottom) +
    at(left, top + 1) * (1 - right) * bottom +
    at(left + 1, top + 1) * right * bottom
  );
}
