import { setBackend } from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-wasm";
import { quietCpu } from "./cpu-engine.js";
import { guardWasmKernels } from "./guarded-kernels.js";

/** Emscripten's start-up takes over what a process does with errors that nobody handles. */
const TAKEN_OVER = ["uncaughtException", "unhandledRejection"] as const;

/** WebAssembly with SIMD, on this thread alone: several runs beside each other use the cores better than one run that is split. */
export async function startWasm(): Promise<void> {
  guardWasmKernels(quietCpu());
  const before = TAKEN_OVER.map((event) => new Set(process.listeners(event as "uncaughtException")));
  try {
    if (!(await setBackend("wasm"))) throw new Error("WebAssembly could not be started");
  } finally {
    for (const [index, event] of TAKEN_OVER.entries()) {
      for (const listener of process.listeners(event as "uncaughtException")) {
        if (before[index]?.has(listener) !== true) process.off(event, listener);
      }
    }
  }
}
