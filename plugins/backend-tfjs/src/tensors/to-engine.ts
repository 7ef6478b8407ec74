import { type DTypeData, PlinthError, type Tensor } from "@plinth/core";
import type { ConstantTensor } from "@plinth/saved-model";
import { complex, type Tensor as EngineTensor, engine, tidy } from "@tensorflow/tfjs-core";
import { constantToTensor } from "./constant-to-tensor.js";
import { type EngineType, engineTypeOf } from "./element-types.js";
import { fromBfloat16, fromFloat16 } from "./half-precision.js";

type EngineData = Float32Array | Int32Array | Uint8Array | readonly Uint8Array[];

const MIN_INT32 = -(2 ** 31);
const MAX_INT32 = 2 ** 31 - 1;

/** What is done with whole numbers past int32, which the engine does not have. */
type PastInt32 = "refuse" | "saturate";

/**
 * A tensor of the engine, for the length of a run: it may read the request's own memory, and whoever asks for it disposes it.
 *
 * @throws PlinthError `TENSOR_INVALID` for whole numbers past int32
 */
export function toEngine(name: string, tensor: Tensor): EngineTensor {
  if (tensor.dtype === "complex64" || tensor.dtype === "complex128") return complexToEngine(tensor);
  const data = engineData(tensor, "refuse", (value) => {
    throw new PlinthError(
      "TENSOR_INVALID",
      `Input ${JSON.stringify(name)} holds ${value}: expected ${tensor.dtype} from ${MIN_INT32} to ${MAX_INT32}, as this engine ` +
        "computes with 32 bits. Use the engine native for larger ones",
      { details: { input: name } },
    );
  });
  return makeTensor(data, tensor.shape, engineTypeOf(tensor.dtype));
}

/**
 * A tensor of the engine of what stands in the model's files. Whole numbers past int32 become the nearest: models use them for `no limit`.
 */
export function constantToEngine(constant: ConstantTensor): EngineTensor {
  const tensor = constantToTensor(constant);
  if (tensor.dtype === "complex64" || tensor.dtype === "complex128") return complexToEngine(tensor);
  return makeTensor(
    engineData(tensor, "saturate", () => {}),
    constant.shape,
    engineTypeOf(constant.dtype),
  );
}

export function makeTensor(data: EngineData, shape: readonly number[], type: EngineType | undefined): EngineTensor {
  return engine().makeTensor(data as Float32Array, shape as number[], type as EngineType) as EngineTensor;
}

/** TensorFlow.js makes complex numbers only of their parts. */
function complexToEngine({ shape, data }: Tensor<"complex64" | "complex128">): EngineTensor {
  const part = (first: number) =>
    makeTensor(
      Float32Array.from({ length: data.length / 2 }, (_, at) => data[2 * at + first] as number),
      shape,
      "float32",
    );
  return tidy(() => complex(part(0), part(1)));
}

/** The elements as the engine has them: the same array where it can be. */
function engineData(
  tensor: Exclude<Tensor, Tensor<"complex64" | "complex128">>,
  pastInt32: PastInt32,
  found: (value: bigint | number) => void,
): EngineData {
  switch (tensor.dtype) {
    case "float32":
    case "int32":
    case "bool":
    case "string":
      return tensor.data;
    case "float64":
      return Float32Array.from(tensor.data);
    case "float16":
      return Float32Array.from(tensor.data, fromFloat16);
    case "bfloat16":
      return Float32Array.from(tensor.data, fromBfloat16);
    case "int8":
    case "int16":
    case "uint8":
    case "uint16":
      return Int32Array.from(tensor.data);
    case "uint32":
    case "int64":
    case "uint64":
      return narrowed(tensor.data, pastInt32, found);
  }
}

function narrowed(
  data: DTypeData["uint32" | "int64" | "uint64"],
  pastInt32: PastInt32,
  found: (value: bigint | number) => void,
): Int32Array {
  const narrow = new Int32Array(data.length);
  for (let index = 0; index < data.length; index++) {
    const value = data[index] as bigint | number;
    if (value < MIN_INT32 || value > MAX_INT32) {
      if (pastInt32 === "refuse") found(value);
      narrow[index] = value < 0 ? MIN_INT32 : MAX_INT32;
    } else narrow[index] = Number(value);
  }
  return narrow;
}
