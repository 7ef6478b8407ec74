import { intOf, typeOf } from "../graph/attributes.js";
import type { CompileOp } from "../graph/compile-program.js";
import { encodePng } from "../images/encode-png.js";
import { readValues } from "../tensors/from-engine.js";
import { makeTensor } from "../tensors/to-engine.js";
import { valueError } from "../value-error.js";
import { type Ops, tensorAt } from "./kernels.js";

/** One PNG for each image of a batch of any shape. */
const png: CompileOp = (node) => {
  const level = intOf(node, "compression", -1);
  const ArrayType = typeOf(node, "T", "uint8") === "uint16" ? Uint16Array : Uint8Array;
  return (inputs) => {
    const images = tensorAt(inputs, 0);
    const [height = 0, width = 0, channels = 0] = images.shape.slice(-3);
    const size = height * width * channels;
    if (images.rank < 3 || size === 0 || channels > 4) {
      throw valueError(`Expected images of 1 to 4 channels, got shape [${images.shape}]`);
    }
    const values = ArrayType.from(readValues(images) as Int32Array);
    const files = Array.from({ length: values.length / size }, (_, image) => {
      const data = values.subarray(image * size, (image + 1) * size);
      return encodePng({ frames: undefined, height, width, channels, data }, level);
    });
    return makeTensor(files, images.shape.slice(0, -3), "string");
  };
};

/** Ops that give images as files. */
export const ENCODE_IMAGES: Ops = { EncodePng: png };
