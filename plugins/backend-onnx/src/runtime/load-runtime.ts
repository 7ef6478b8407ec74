import { PlinthError } from "@plinth/core";
import { isNativeModule, nativeSessions } from "./native-session.js";
import { publicSessions } from "./public-session.js";
import type { OpenSession } from "./runtime-session.js";

let runtime: Promise<OpenSession> | undefined;

/**
 * Loads ONNX Runtime when the first model needs it.
 *
 * @throws PlinthError `PLUGIN_FAILED` where there is no build of it for this machine.
 */
export function loadRuntime(): Promise<OpenSession> {
  runtime ??= importRuntime();
  return runtime;
}

async function importRuntime(): Promise<OpenSession> {
  try {
    const { env, InferenceSession } = await import("onnxruntime-node");
    env.logLevel = "error";
    const inside = await importInside();
    return isNativeModule(inside) ? nativeSessions(inside) : publicSessions(InferenceSession);
  } catch (thrown) {
    throw new PlinthError(
      "PLUGIN_FAILED",
      `ONNX Runtime cannot be loaded on ${process.platform}/${process.arch}: ${(thrown as Error).message}. ` +
        "It needs Linux with glibc, macOS on ARM or Windows, and a complete installation of onnxruntime-node",
      { cause: thrown },
    );
  }
}

/** `undefined` where a later onnxruntime-node has no such file any more. */
async function importInside(): Promise<unknown> {
  try {
    return await import("onnxruntime-node/dist/binding.js");
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === "ERR_MODULE_NOT_FOUND" || code === "ERR_PACKAGE_PATH_NOT_EXPORTED") return undefined;
    throw thrown;
  }
}
