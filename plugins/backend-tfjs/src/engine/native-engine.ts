import { enableProdMode, setBackend, type Tensor } from "@tensorflow/tfjs-core";

/** What is used of @tensorflow/tfjs-node, which need not be installed. */
export interface NativePackage {
  readonly node: {
    loadSavedModel(directory: string, tags: readonly string[], signature: string): Promise<NativeSignature>;
  };
}

/** A signature of a SavedModel in a session of TensorFlow's own. */
export interface NativeSignature {
  predict(inputs: Readonly<Record<string, Tensor>>): Readonly<Record<string, Tensor>>;
  dispose(): void;
}

/** A variable, so that neither types nor bundlers look for the package. */
const PACKAGE: string = "@tensorflow/tfjs-node";

/** TensorFlow's own library, through @tensorflow/tfjs-node, where that is installed. */
export async function startNative(): Promise<void> {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "2";
  await importNative();
  enableProdMode();
  if (!(await setBackend("tensorflow"))) throw new Error("its backend could not be started");
}

export function importNative(): Promise<NativePackage> {
  return import(PACKAGE);
}
