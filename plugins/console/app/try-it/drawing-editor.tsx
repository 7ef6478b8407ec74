import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { TensorSpec } from "../api/signatures.js";
import { blankSheet, fitted, type Sheet, type Spot, withStroke } from "./drawing.js";
import { arranged, type Given } from "./given.js";
import type { PictureLayout } from "./picture-layout.js";
import { type Scale, scaledJson, usualScale } from "./picture-values.js";
import { ScaleChoice } from "./scale-choice.js";

interface DrawingEditorProps {
  readonly spec: TensorSpec;
  readonly layout: PictureLayout;
  readonly give: (given: Given) => void;
}

const MOVES: Readonly<Record<string, readonly [x: number, y: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** A sheet to draw a digit on, by pointer or by keyboard. Ink is bright and the ground dark, as the model will see it. */
export function DrawingEditor({ spec, layout: { width, height }, give }: DrawingEditorProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [sheet, setSheet] = useState(() => blankSheet(width, height));
  const [isFitted, setFitted] = useState(true);
  const [scale, setScale] = useState<Scale>(() => usualScale(spec.dtype));
  const [pen, setPen] = useState<Spot>({ x: width / 2, y: height / 2 });
  const [isDown, setDown] = useState(false);
  const [isKeyed, setKeyed] = useState(false);
  const seen = useMemo(() => (isFitted ? fitted(sheet) : sheet), [sheet, isFitted]);
  useEffect(() => give(arranged(scaledJson(seen.ink, scale, spec.dtype), spec)), [seen, scale]);
  useEffect(() => {
    if (canvas.current !== null) show(canvas.current, sheet, isKeyed ? pen : undefined);
  }, [sheet, pen, isKeyed]);

  const spotOf = ({ clientX, clientY }: PointerEvent): Spot => {
    const box = canvas.current?.getBoundingClientRect() ?? { left: 0, top: 0, width: 1, height: 1 };
    return { x: ((clientX - box.left) / box.width) * width, y: ((clientY - box.top) / box.height) * height };
  };
  const begin = (event: PointerEvent) => {
    canvas.current?.setPointerCapture(event.pointerId);
    const spot = spotOf(event);
    setPen(spot);
    setKeyed(false);
    setSheet((before) => withStroke(before, spot, spot));
  };
  const draw = (event: PointerEvent) => {
    if (canvas.current?.hasPointerCapture(event.pointerId) !== true) return;
    const spot = spotOf(event);
    setPen(spot);
    setSheet((before) => withStroke(before, pen, spot));
  };
  const key = (event: KeyboardEvent) => {
    const move = MOVES[event.key];
    if (event.key === " ") {
      setDown(!isDown);
      if (!isDown) setSheet((before) => withStroke(before, pen, pen));
    } else if (move !== undefined) {
      const to = { x: within(pen.x + move[0], width), y: within(pen.y + move[1], height) };
      setPen(to);
      if (isDown) setSheet((before) => withStroke(before, pen, to));
    } else return;
    setKeyed(true);
    event.preventDefault();
  };
  return (
    <div class="drawing">
      {/* biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: it is one that takes keys of its own */}
      <canvas
        ref={canvas}
        class="sheet"
        width={width}
        height={height}
        tabIndex={0}
        role="application"
        aria-label={`Sheet for ${spec.name}: arrow keys move the pen, the space bar puts it down and lifts it`}
        onPointerDown={begin}
        onPointerMove={draw}
        onKeyDown={key}
        onBlur={() => setKeyed(false)}
      />
      <div class="drawing-options">
        <p class="quiet">Draw with the pointer, or with the arrow keys and the space bar.</p>
        <label>
          <input
            type="checkbox"
            checked={isFitted}
            onChange={({ currentTarget }) => setFitted(currentTarget.checked)}
          />{" "}
          Centred and scaled as in MNIST
        </label>
        <ScaleChoice scale={scale} choose={setScale} />
        <div>
          <button type="button" onClick={() => setSheet(blankSheet(width, height))}>
            Clear
          </button>
        </div>
        <span class="hidden" role="status">
          {isKeyed && `Pen ${isDown ? "down" : "up"}, column ${Math.floor(pen.x) + 1}, row ${Math.floor(pen.y) + 1}`}
        </span>
      </div>
    </div>
  );
}

function within(value: number, length: number): number {
  return Math.min(length - 0.5, Math.max(0.5, value));
}

function show(canvas: HTMLCanvasElement, { width, height, ink }: Sheet, pen: Spot | undefined): void {
  const pixels = new ImageData(width, height);
  for (let at = 0; at < ink.length; at++) {
    pixels.data.fill((ink[at] ?? 0) * 255, at * 4, at * 4 + 3);
    pixels.data[at * 4 + 3] = 255;
  }
  if (pen !== undefined) {
    const at = (Math.floor(pen.y) * width + Math.floor(pen.x)) * 4;
    pixels.data.set([255, 120, 0], at);
  }
  canvas.getContext("2d")?.putImageData(pixels, 0, 0);
}
