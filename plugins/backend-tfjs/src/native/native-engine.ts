import { enableProdMode, engine, setBackend } from "@tensorflow/tfjs-core";
import type { NativeBinding } from "./native-binding.js";

/** A variable, so that neither types nor bundlers look for a package that need not be there. */
const PACKAGE: string = "@tensorflow/tfjs-node";

/** TensorFlow's own library, through @tensorflow/tfjs-node, where that is installed. */
export async function startNative(): Promise<void> {
  // What TensorFlow tells of its start goes to standard error else.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "2";
  await import(PACKAGE).catch((thrown: unknown) => {
    throw (thrown as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND"
      ? new Error(`${PACKAGE} is not installed`)
      : thrown;
  });
  enableProdMode();
  if (!(await setBackend("tensorflow"))) throw new Error("its backend could not be started");
}

/** TensorFlow's library itself, once the engine is started. */
export function nativeBinding(): NativeBinding {
  const { binding } = engine().findBackend("tensorflow") as unknown as { readonly binding: NativeBinding };
  return binding;
}
