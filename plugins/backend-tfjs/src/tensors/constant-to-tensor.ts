import { type DType, dataFromBytes, PlinthError, type Tensor } from "@plinth/core";
import type { ConstantTensor, ElementType } from "@plinth/saved-model";
import { servableDType } from "./element-types.js";

/** What quantised elements are stored as. */
const STORED_AS: Readonly<Partial<Record<ElementType, DType>>> = { qint8: "int8", quint8: "uint8", qint32: "int32" };

/**
 * A value of the model's files as a tensor of Plinth's: a view where its bytes lie where an array may begin.
 *
 * @throws PlinthError `MODEL_UNSUPPORTED` for elements that no tensor has
 */
export function constantToTensor(constant: ConstantTensor): Tensor {
  if (constant.dtype === "string") return { dtype: "string", shape: constant.shape, data: constant.strings };
  const { dtype: type, shape, bytes } = constant;
  const dtype = STORED_AS[type] ?? servableDType(type);
  if (dtype === undefined || dtype === "string") {
    throw new PlinthError(
      "MODEL_UNSUPPORTED",
      `The model holds a constant of ${type}, which this engine does not have`,
    );
  }
  return { dtype, shape, data: dataFromBytes(dtype, bytes) } as Tensor;
}
