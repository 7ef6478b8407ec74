import { enableProdMode, engine, setBackend } from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import type { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu/dist/backend_cpu.js";

/** Plain JavaScript: slow, and there everywhere. */
export async function startCpu(): Promise<void> {
  quietCpu();
  await setBackend("cpu");
}

/** The CPU backend, without what it and TensorFlow.js print on first use. */
export function quietCpu(): MathBackendCPU {
  enableProdMode();
  const cpu = engine().findBackend("cpu") as MathBackendCPU;
  (cpu as unknown as { firstUse: boolean }).firstUse = false;
  return cpu;
}
