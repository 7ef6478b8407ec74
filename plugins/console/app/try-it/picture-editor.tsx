import { useEffect, useRef, useState } from "preact/hooks";
import type { TensorSpec } from "../api/signatures.js";
import { arranged, type Given } from "./given.js";
import { type PictureLayout, sizedShape } from "./picture-layout.js";
import { pictureValues, type Scale, scaledJson, usualScale } from "./picture-values.js";
import { ScaleChoice } from "./scale-choice.js";

interface PictureEditorProps {
  readonly spec: TensorSpec;
  readonly layout: PictureLayout;
  readonly give: (given: Given) => void;
}

const MAX_SIDE = 2_048;

/** A picture that is dropped or chosen, scaled to what the input takes. */
export function PictureEditor({ spec, layout, give }: PictureEditorProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [picture, setPicture] = useState<ImageBitmap>();
  const [fault, setFault] = useState("No picture was chosen yet.");
  const [size, setSize] = useState({ width: layout.width, height: layout.height });
  const [scale, setScale] = useState<Scale>(() => usualScale(spec.dtype));
  const [isInverted, setInverted] = useState(false);
  const [isCropped, setCropped] = useState(true);
  useEffect(() => {
    const context = canvas.current?.getContext("2d", { willReadFrequently: true });
    if (picture === undefined || !context) return give({ fault });
    const rgba = scaled(picture, context, size, isCropped);
    const sized = { ...layout, ...size };
    const values = pictureValues(rgba, sized, isInverted);
    give(arranged(scaledJson(values, scale, spec.dtype), { ...spec, shape: sizedShape(spec.shape ?? [], sized) }));
  }, [picture, fault, size, scale, isInverted, isCropped]);
  const take = async (file: File | null | undefined) => {
    if (!file) return;
    try {
      setPicture(await createImageBitmap(file));
    } catch {
      setPicture(undefined);
      setFault(`The browser cannot read ${file.name.slice(0, 100)} as a picture: PNG, JPEG, WebP, GIF and BMP work.`);
    }
  };
  const side = (which: "width" | "height") => (
    <label class="inline">
      {which === "width" ? "Width" : "Height"}{" "}
      <input
        type="number"
        min={1}
        max={MAX_SIDE}
        value={size[which]}
        onInput={({ currentTarget: { valueAsNumber: value } }) => {
          if (Number.isInteger(value) && value >= 1 && value <= MAX_SIDE) setSize({ ...size, [which]: value });
        }}
      />
    </label>
  );
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a picture can be chosen by the field as well
    <div
      class="drop drawing"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        void take(event.dataTransfer?.files[0]);
      }}
    >
      <canvas
        ref={canvas}
        class="sheet"
        hidden={picture === undefined}
        width={size.width}
        height={size.height}
        role="img"
        aria-label={`The picture for ${spec.name}, ${size.width} by ${size.height}`}
      />
      <div class="drawing-options">
        <label class="field">
          Drop a picture here, or choose one
          <input type="file" accept="image/*" onChange={({ currentTarget }) => take(currentTarget.files?.[0])} />
        </label>
        {layout.hasOpenSize && (
          <div class="row">
            {side("width")} {side("height")}
          </div>
        )}
        <ScaleChoice scale={scale} choose={setScale} />
        <label>
          <input
            type="checkbox"
            checked={isCropped}
            onChange={({ currentTarget }) => setCropped(currentTarget.checked)}
          />{" "}
          Keep its proportions, cut what is beyond
        </label>
        <label>
          <input
            type="checkbox"
            checked={isInverted}
            onChange={({ currentTarget }) => setInverted(currentTarget.checked)}
          />{" "}
          Inverted: dark ink becomes bright
        </label>
      </div>
    </div>
  );
}

/** What is transparent lies on white. */
function scaled(
  picture: ImageBitmap,
  context: CanvasRenderingContext2D,
  { width, height }: { readonly width: number; readonly height: number },
  isCropped: boolean,
): Uint8ClampedArray {
  const factor = Math.max(width / picture.width, height / picture.height);
  const [drawnWidth, drawnHeight] = isCropped ? [picture.width * factor, picture.height * factor] : [width, height];
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, (width - drawnWidth) / 2, (height - drawnHeight) / 2, drawnWidth, drawnHeight);
  return context.getImageData(0, 0, width, height).data;
}
