import { formatShape, PlinthError, type Signature } from "@plinth/core";

/** That a signature cannot be called by a method: `SIGNATURE_UNFIT`. */
export function signatureUnfit(name: string, outputs: Signature["outputs"], expected: string): PlinthError {
  const found = [...outputs].map(([output, { dtype, shape }]) => `"${output}" (${dtype} ${formatShape(shape)})`);
  return new PlinthError(
    { code: "INVALID_ARGUMENT", reason: "SIGNATURE_UNFIT" },
    `${expected}; signature "${name}" has ${found.join(", ") || "none"}. Use predict, which serves every signature`,
    { details: { signature: name } },
  );
}

/** That a model answered what is no answer of the method: `OUTPUT_UNFIT`. */
export function outputUnfit(message: string): PlinthError {
  return new PlinthError({ code: "INVALID_ARGUMENT", reason: "OUTPUT_UNFIT" }, message);
}
