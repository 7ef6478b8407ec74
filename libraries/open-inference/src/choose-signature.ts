import { DEFAULT_SIGNATURE, type ServableHandle, type Signature } from "@plinth/core";

/** A signature with its name. */
export interface NamedSignature {
  readonly name: string;
  readonly signature: Signature;
}

/**
 * The signature that is meant: the one named, else `serving_default`, else the only one. The protocol knows of one way to call a model.
 *
 * @throws PlinthError `SIGNATURE_NOT_FOUND`
 */
export function chooseSignature(handle: ServableHandle, named?: string): NamedSignature {
  const [only] = handle.signatures.keys();
  const isAlone = handle.signatures.size === 1 && only !== undefined;
  const name = named ?? (isAlone ? only : DEFAULT_SIGNATURE);
  return { name, signature: handle.signature(name) };
}
