import type { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu/dist/backend_cpu.js";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import {
  getKernelsForBackend,
  type KernelConfig,
  type KernelFunc,
  type NamedTensorInfoMap,
  registerKernel,
  type TensorInfo,
  unregisterKernel,
} from "@tensorflow/tfjs-core";
import { fromCpu, toCpu } from "./moved-tensors.js";
import { isTrusted } from "./trusted-kernels.js";

type KernelCall = Parameters<KernelFunc>[0];

/**
 * Puts before every kernel of the WASM backend a look at its inputs, and has the CPU's kernel take what it is not to be trusted with, and
 * what it does not have at all. Called once, before the backend is set up.
 */
export function guardWasmKernels(cpu: MathBackendCPU): void {
  const wasmKernels = new Map(getKernelsForBackend("wasm").map((config) => [config.kernelName, config]));
  for (const { kernelName, kernelFunc } of getKernelsForBackend("cpu")) {
    const onCpu: KernelFunc = (call) => runOnCpu(kernelFunc, call, cpu);
    const wasmKernel = wasmKernels.get(kernelName);
    if (wasmKernel === undefined) {
      registerKernel({ kernelName, backendName: "wasm", kernelFunc: onCpu });
    } else {
      unregisterKernel(kernelName, "wasm");
      registerKernel(guarded(wasmKernel, onCpu));
    }
  }
}

function guarded(config: KernelConfig, onCpu: KernelFunc): KernelConfig {
  const { kernelName, kernelFunc } = config;
  return {
    ...config,
    kernelFunc: (call) => (isTrusted(kernelName, call.inputs, call.attrs) ? kernelFunc(call) : onCpu(call)),
  };
}

function runOnCpu(
  kernel: KernelFunc,
  { inputs, attrs, backend }: KernelCall,
  cpu: MathBackendCPU,
): TensorInfo | TensorInfo[] {
  const wasm = backend as BackendWasm;
  const temporary: TensorInfo[] = [];
  try {
    const moved = movedInputs(inputs, (input) => {
      const info = toCpu(input, wasm, cpu);
      temporary.push(info);
      return info;
    });
    const output = kernel({ inputs: moved, backend: cpu, ...(attrs !== undefined && { attrs }) });
    const results = Array.isArray(output) ? output : [output];
    temporary.push(...results);
    const back = results.map((result) => fromCpu(result, cpu, wasm));
    return Array.isArray(output) ? back : (back[0] as TensorInfo);
  } finally {
    for (const { dataId } of temporary) cpu.disposeData(dataId);
  }
}

/** Some kernels take a list of tensors, or lists among their inputs. */
function movedInputs(inputs: NamedTensorInfoMap, move: (input: TensorInfo) => TensorInfo): NamedTensorInfoMap {
  const each = (input: unknown): unknown => {
    if (Array.isArray(input)) return input.map(each);
    return input === undefined || input === null ? input : move(input as TensorInfo);
  };
  if (Array.isArray(inputs)) return each(inputs) as NamedTensorInfoMap;
  return Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, each(input)])) as NamedTensorInfoMap;
}
