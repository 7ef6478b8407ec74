import { PlinthError } from "@plinth/core";
import type { GraphNode } from "@plinth/saved-model";
import type { Tensor } from "@tensorflow/tfjs-core";
import { boolOf, intOf, textOf, typeOf } from "../graph/attributes.js";
import type { CompileOp } from "../graph/compile-program.js";
import { decodeImage, formatOf, type ImageFormat, type ImageOptions } from "../images/decode-image.js";
import type { Channels, Image } from "../images/image.js";
import { readJpegHeader } from "../images/jpeg-header.js";
import { makeTensor } from "../tensors/to-engine.js";
import { valueError } from "../value-error.js";
import { bytesAt, integersAt, nameOf, type Ops } from "./kernels.js";

/** What a value of the image is to be. */
type Values = "uint8" | "uint16" | "float32";

const RATIOS = [1, 2, 4, 8] as const;

function optionsOf(node: GraphNode): ImageOptions & { readonly values: Values } {
  const channels = intOf(node, "channels", 0);
  const ratio = RATIOS.find((each) => each === intOf(node, "ratio", 1));
  const values = typeOf(node, "dtype", "uint8");
  if (ratio === undefined || channels < 0 || channels > 4 || channels === 2) {
    throw new PlinthError(
      "MODEL_FILE_INVALID",
      `The ${nameOf(node)} asks for ${channels} channels and a ratio that there is not`,
    );
  }
  if (values !== "uint8" && values !== "uint16" && values !== "float32") {
    throw new PlinthError("MODEL_UNSUPPORTED", `The ${nameOf(node)} gives images of ${values}`);
  }
  return {
    channels: channels as Channels,
    ratio,
    isSmooth: boolOf(node, "fancy_upscaling", true),
    isAccurate: textOf(node, "dct_method", "") === "INTEGER_ACCURATE",
    takesPart: boolOf(node, "try_recover_truncated"),
    bits: values === "uint8" ? 8 : 16,
    firstOnly: !boolOf(node, "expand_animations", true),
    values,
  };
}

/** What TensorFlow scales values of 8 bits with to have 16 of them, where the format has only 8. */
const TO_16_BITS = 256;

/** TensorFlow keeps bytes as such; here they are whole numbers of 32 bits, or floats from 0 to 1. */
function tensorOf({ frames, height, width, channels, data }: Image, values: Values): Tensor {
  const shape = [...(frames === undefined ? [] : [frames]), height, width, channels];
  const is16Bits = data instanceof Uint16Array;
  if (values === "float32") {
    const scale = Math.fround(1 / (is16Bits ? 0xffff : 0xff));
    return makeTensor(
      new Float32Array(data).map((value) => value * scale),
      shape,
      "float32",
    );
  }
  const factor = values === "uint16" && !is16Bits ? TO_16_BITS : 1;
  const elements = new Int32Array(data);
  return makeTensor(factor === 1 ? elements : elements.map((value) => value * factor), shape, "int32");
}

/** What an op of this name takes besides what it is called after. */
const decode =
  (refused: readonly ImageFormat[], layout: (image: Image) => Image): CompileOp =>
  (node) => {
    const options = optionsOf(node);
    return (inputs) => {
      const [bytes = new Uint8Array()] = bytesAt(inputs, 0);
      const format = formatOf(bytes);
      if (format !== undefined && refused.includes(format)) throw valueError(`${node.op} does not take a ${format}`);
      return tensorOf(layout(decodeImage(bytes, options)), options.values);
    };
  };

function still(image: Image): Image {
  if (image.frames === undefined || image.frames === 1) return { ...image, frames: undefined };
  throw valueError(`Expected an image that does not move, got a GIF of ${image.frames} frames`);
}

const moving = (image: Image): Image => ({ ...image, frames: image.frames ?? 1 });

const decodeStill = decode(["BMP"], still);

/** Cuts the wanted part out of the whole: `top, left, height, width`. */
const decodeAndCrop: CompileOp = (node) => {
  const options = optionsOf(node);
  return (inputs) => {
    const image = decodeImage(bytesAt(inputs, 0)[0] ?? new Uint8Array(), options);
    return tensorOf(cropped(image, integersAt(inputs, 1)), options.values);
  };
};

function cropped(image: Image, [top = 0, left = 0, height = 0, width = 0]: readonly number[]): Image {
  if (top < 0 || left < 0 || height < 1 || width < 1 || top + height > image.height || left + width > image.width) {
    throw valueError(
      `Expected a part of ${image.height}x${image.width} pixels, got ${height}x${width} from ${top}, ${left} on`,
    );
  }
  const { channels } = image;
  const data = image.data.slice(0, height * width * channels);
  for (let y = 0; y < height; y++) {
    const begin = ((top + y) * image.width + left) * channels;
    data.set(image.data.subarray(begin, begin + width * channels), y * width * channels);
  }
  return { ...image, height, width, data };
}

/** Ops that decode images, as models that take files have them. */
export const DECODE_IMAGES: Ops = {
  DecodeAndCropJpeg: decodeAndCrop,
  DecodeBmp: decode(["JPEG", "PNG", "GIF"], still),
  DecodeGif: decode(["BMP"], moving),
  DecodeImage: decode([], (image) => image),
  DecodeJpeg: decodeStill,
  DecodePng: decodeStill,
  ExtractJpegShape: () => (inputs) => {
    const { height, width, components } = readJpegHeader(bytesAt(inputs, 0)[0] ?? new Uint8Array());
    return makeTensor(Int32Array.of(height, width, Math.min(components, 3)), [3], "int32");
  },
};
