import { PlinthError, PREDICT_METHOD, type Signature, type TensorSpec } from "@plinth/core";
import { dtypeOf, elementTypeName, ONNX_DTYPES } from "./dtypes.js";
import type { OnnxFile } from "./onnx-file/read-onnx-file.js";
import type { RuntimePort, RuntimeSession } from "./runtime/runtime-session.js";

type Direction = "input" | "output";

/** @throws PlinthError `MODEL_UNSUPPORTED` for an input or output that no tensor of Plinth can stand for. */
export function checkTypes(fileName: string, file: OnnxFile): void {
  for (const direction of ["input", "output"] as const) {
    for (const { name, kind, elementType } of file[`${direction}s`]) {
      if (kind === "untyped" || (kind === "tensor" && dtypeOf(elementType) !== undefined)) continue;
      const type = kind === "tensor" ? elementTypeName(elementType) : `the type ${kind}`;
      throw unsupported(fileName, direction, name, type);
    }
  }
}

/** The model's only signature. Shapes come from the runtime, which has inferred more than the file says. */
export function createSignature(fileName: string, session: RuntimeSession, file: OnnxFile | undefined): Signature {
  const specs = (direction: Direction): ReadonlyMap<string, TensorSpec> => {
    const scalars = new Set(file?.[`${direction}s`].filter(({ scalar }) => scalar).map(({ name }) => name));
    return new Map(session[`${direction}s`].map((port) => [port.name, toSpec(fileName, direction, port, scalars)]));
  };
  return { inputs: specs("input"), outputs: specs("output"), method: PREDICT_METHOD, shapes: "binding" };
}

function toSpec(fileName: string, direction: Direction, port: RuntimePort, scalars: ReadonlySet<string>): TensorSpec {
  const { name, dtype, dimensions } = port;
  if (dtype === undefined) {
    throw unsupported(fileName, direction, name, "a type that ONNX Runtime's binding cannot carry");
  }
  if (name === "__proto__" && direction === "output") {
    throw new PlinthError(
      "MODEL_UNSUPPORTED",
      `${fileName} has an output named __proto__, which ONNX Runtime's binding loses: rename it and export the model again`,
    );
  }
  return { dtype, shape: dimensions.length > 0 || scalars.has(name) ? dimensions : undefined };
}

function unsupported(fileName: string, direction: Direction, name: string, type: string): PlinthError {
  return new PlinthError(
    "MODEL_UNSUPPORTED",
    `The ${direction} ${JSON.stringify(name)} of ${fileName} has ${type}. Expected a tensor of ${ONNX_DTYPES.join(", ")}: ` +
      "cast it inside the model and export it again",
    { details: { [direction]: name } },
  );
}
